/** Translates what was read from Consul into a draft of a catalogue, and accounts for every field. */
import type { Catalogue } from "../../../catalogue/model";
import { Draft } from "../draft";
import type { MutableItem, ObjectFields } from "../fields";
import type { Assumption } from "../model";
import { Context, DEFAULT_REQUEST_TIMEOUT_MS } from "./context";
import { textAt } from "./data";
import { translateCalls } from "./objects/calls";
import * as config from "./objects/config";
import { externalServices, translateExternal } from "./objects/external";
import * as gateways from "./objects/gateways";
import * as others from "./objects/others";
import { translateResolver, translateSplitter } from "./objects/resolver";
import { translateServices, whole } from "./objects/services";
import type { Snapshot } from "./read";

export interface Translation {
    readonly catalogue: Catalogue;
    /** The calls whose requests or methods come from permissions: `web → users`. */
    readonly limitedCalls: ReadonlySet<string>;
    readonly items: readonly MutableItem[];
    readonly assumptions: readonly Assumption[];
}

/** The catalogue passes all checks: what would violate one is not in it, and its items say so. */
export function translate(snapshot: Snapshot): Translation {
    const draft = new Draft();
    const context = new Context(snapshot, draft);
    const externalNames = externalServices(context);
    translateServices(context, externalNames);
    const external = translateExternal(context, externalNames);
    translateCalls(context, external);
    for (const proxy of context.of("instance"))
        if (textAt(proxy.object.data, "Kind") === "connect-proxy") config.translateProxy(proxy);
    for (const fields of context.all) translateObject(context, fields, external);
    const items = context.all.flatMap((fields) => fields.finish());
    const catalogue = draft.valid();
    return { catalogue, limitedCalls: draft.limitedCalls(), items, assumptions: ASSUMPTIONS };
}

/** By kind. Services, instances, routers and intentions are translated together, before. */
function translateObject(
    context: Context,
    fields: ObjectFields,
    external: ReadonlyMap<string, string>,
): void {
    const { kind, datacenter } = fields.object;
    const isPrimary = datacenter === context.primary;
    switch (kind) {
        case "node":
            others.translateNode(fields);
            return;
        case "check":
            others.translateCheck(context, fields);
            return;
        case "kv":
            others.translateKey(fields);
            return;
        case "session":
            others.translateSession(fields);
            return;
        case "prepared-query":
            others.translateQuery(fields);
            return;
        case "peering":
            others.translatePeering(fields);
            return;
        case "acl-token":
            others.translateToken(fields);
            return;
        case "api-usage":
            others.translateUsage(fields);
            return;
    }
    if (!isPrimary) {
        others.translateRemote(fields, context);
        return;
    }
    switch (kind) {
        case "service-defaults":
            config.translateServiceDefaults(context, fields, external);
            break;
        case "proxy-defaults":
            config.translateProxyDefaults(fields);
            break;
        case "service-resolver":
            translateResolver(context, fields);
            break;
        case "service-splitter":
            translateSplitter(context, fields);
            break;
        case "ingress-gateway":
            gateways.translateIngressGateway(fields);
            break;
        case "terminating-gateway":
            gateways.translateTerminatingGateway(fields, external);
            break;
        case "mesh":
            config.translateMesh(fields);
            break;
        case "exported-services":
            gateways.translateExportedServices(fields);
            break;
        default:
            if (fields.items.length === 0)
                whole(
                    fields,
                    "by-hand",
                    `This program does not know the kind ${kind}: decide whether it is needed.`,
                );
    }
}

/** What the catalogue requires and Consul does not know. */
const ASSUMPTIONS: readonly Assumption[] = [
    { where: "services.*.domain", value: "unassigned", detail: "Consul does not group services." },
    {
        where: "services.*.tier",
        value: "standard",
        detail: "Consul does not know how much the platform depends on a service.",
    },
    {
        where: "services.*.calls[*].timeout",
        value: `${DEFAULT_REQUEST_TIMEOUT_MS / 1000}s`,
        detail: "Consul's default, unless a router, resolver or service-defaults sets one. A callee's timeout is below its caller's.",
    },
    {
        where: "services.*.calls[*].idempotent",
        value: "false",
        detail: "Only calls that Consul retries, and whose methods are idempotent, are true.",
    },
    {
        where: "services.*.ports.http.requests",
        value: "/{**}",
        detail: "Every path, for the common methods, unless intentions list requests. List what callers need.",
    },
    {
        where: "connect timeout",
        value: "1s",
        detail: "Consul's default is 5 s.",
    },
];
