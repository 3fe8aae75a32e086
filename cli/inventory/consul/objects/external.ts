/** External services: registered on external nodes, or with a destination for a terminating gateway. */
import type { ExternalHost } from "../../../../catalogue/model";
import type { ObjectFields } from "../../fields";
import { catalogueName, type Context } from "../context";
import { dataOf, listAt, numberAt, textAt, textsAt } from "../data";
import { whole } from "./services";

const HOST_NAME =
    /^(?=.{1,253}$)([a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.)+(?!\d+$)[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** The Consul names of external services, whether the draft can express them or not. */
export function externalServices(context: Context): ReadonlySet<string> {
    const external = new Set<string>();
    for (const { object } of context.of("service-defaults"))
        if (object.data["Destination"] !== undefined && object.data["Destination"] !== null)
            external.add(object.name);
    for (const { object } of context.of("terminating-gateway"))
        for (const service of listAt(object.data, "Services")) external.add(textAt(service, "Name"));
    for (const { object } of context.of("service")) {
        const instances = context.instancesOf(object.name);
        if (instances.length > 0 && instances.every((one) => isOnExternalNode(context, one)))
            external.add(object.name);
    }
    external.delete("*");
    return external;
}

/** https://developer.hashicorp.com/consul/tutorials/connect-services/service-registration-external-services */
function isOnExternalNode(context: Context, { object }: ObjectFields): boolean {
    const node = context.get("node", textAt(object.data, "Node"));
    return textAt(node?.object.data, "Meta", "external-node") === "true";
}

/** Adds external groups to the draft. @returns the group of each external service that is in the draft */
export function translateExternal(context: Context, names: ReadonlySet<string>): Map<string, string> {
    const groups = new Map<string, string>();
    for (const name of [...names].sort()) {
        const service = context.get("service", name);
        const instances = context.instancesOf(name);
        const hosts = hostsOf(context, name, instances);
        const group = catalogueName(name);
        const isExpressible = hosts.length > 0 && hosts.every(({ host }) => HOST_NAME.test(host));
        const detail = isExpressible
            ? `external.${group}`
            : `Not in the draft: the catalogue lists external hosts by fully qualified DNS name, not ${hosts.map(({ host }) => host).join(", ") || "without an address"}. Find its name, or add a network.`;
        const outcome = isExpressible ? "translated" : "by-hand";
        const items = [
            ...(service === undefined ? [] : [whole(service, outcome, detail)]),
            ...instances.map((one) => whole(one, outcome, detail)),
        ];
        if (!isExpressible) continue;
        groups.set(name, group);
        context.draft.external.set(group, {
            summary: `Imported from Consul: the external service ${name}.`,
            hosts,
            items,
        });
    }
    return groups;
}

function hostsOf(context: Context, name: string, instances: readonly ObjectFields[]): ExternalHost[] {
    const defaults = context.get("service-defaults", name)?.object.data;
    const destination = dataOf(defaults?.["Destination"]);
    const addresses = [
        ...textsAt(destination, "Addresses").map((host) => ({ host, port: numberAt(destination, "Port") })),
        ...instances.map(({ object: { data } }) => ({
            host: textAt(data, "Address") || textAt(data, "NodeAddress"),
            port: numberAt(data, "Port"),
        })),
    ];
    const linked = context
        .of("terminating-gateway")
        .flatMap(({ object }) => listAt(object.data, "Services"))
        .find((one) => textAt(one, "Name") === name);
    const isOriginated = textAt(linked, "CAFile") !== "" || textAt(linked, "SNI") !== "";
    const isHttp = textAt(defaults, "Protocol").startsWith("http");
    const unique = new Map(addresses.map((one) => [`${one.host}:${one.port}`, one]));
    return [...unique.values()].map(({ host, port }): ExternalHost => {
        const lower = host.toLowerCase();
        if (isOriginated && isHttp) return { host: lower, port, protocol: "https", tls: "originate" };
        if (port === 443) return { host: lower, port, protocol: "https" };
        return { host: lower, port, protocol: isOriginated ? "tls" : "tcp" };
    });
}
