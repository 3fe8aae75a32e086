/** Destinations and header changes of VirtualServices, Gateway API routes and Flagger's Canaries. */
import { apexOf, CANARY, versionsOf } from "./canary";
import { gatewayApiRoutes, ROUTE_KINDS } from "./gateway-api-routes";
import { canonical } from "./hosts";
import { at, type Fields, fields, list, isNonEmpty, textAt, texts } from "./read";
import {
    type CorsRule,
    type CorsOrigin,
    type HeaderChange,
    headerName,
    type RoutingRule,
    type Target,
} from "./routing-rule";
import { type Subject } from "./subject";
import { type StackResources } from "./stack-resources";

export const VIRTUAL_SERVICE = "networking.istio.io/VirtualService";

/** Kinds that route requests. */
export const ROUTERS: readonly string[] = [VIRTUAL_SERVICE, CANARY, ...ROUTE_KINDS];

export function routingRules(stack: StackResources): readonly RoutingRule[] {
    return stack.collect("routing rules", stack.all(...ROUTERS), routingRulesOf);
}

export function routingRulesOf(subject: Subject): readonly RoutingRule[] {
    if (subject.isPatch) return [];
    if (subject.id === VIRTUAL_SERVICE) return ofVirtualService(subject, subject.spec, "spec");
    if (subject.id === CANARY) return ofCanary(subject);
    return gatewayApiRoutes(subject);
}

/** Flagger creates a VirtualService from the `service` of a Canary. */
function ofCanary(canary: Subject): readonly RoutingRule[] {
    const service = fields(canary.spec["service"]);
    const apex = apexOf(canary);
    const targets = versionsOf(apex).map((host) => ({ destination: { host } }));
    const delegates = service["delegation"] === true;
    const spec = {
        hosts: delegates ? [] : [...texts(service["hosts"]), apex],
        gateways: delegates ? [] : texts(service["gateways"]),
        http: [{ ...service, match: [], route: targets }],
    };
    return ofVirtualService(canary, spec, "spec.service").map((rule) => ({ ...rule, path: "spec.service" }));
}

function ofVirtualService(subject: Subject, spec: Fields, base: string): readonly RoutingRule[] {
    const { namespace } = subject;
    const hosts = texts(spec["hosts"]).map((host) => canonical(host, namespace));
    return ["http", "tls", "tcp"].flatMap((kind) =>
        list(spec[kind]).map((route, index) => {
            const path = subject.id === CANARY ? base : `${base}.${kind}[${index}]`;
            const target = (place: string, host: string | undefined): Target[] =>
                host === undefined ? [] : [{ path: place, host: canonical(host, namespace) }];
            const headers = [
                ...changesAt(route, `${path}.headers.request`),
                ...list(at(route, "route")).flatMap((to, place) =>
                    changesAt(to, `${path}.route[${place}].headers.request`),
                ),
            ];
            const set = headers.find(({ name }) => name === "host" || name === ":authority");
            const [authority] = [
                ...target(`${path}.rewrite.authority`, textAt(route, "rewrite", "authority")),
                ...(set === undefined ? [] : target(`${set.path}.${set.name}`, set.value)),
            ];
            const [redirect] = target(`${path}.redirect.authority`, textAt(route, "redirect", "authority"));
            const cors = corsOf(route, `${path}.corsPolicy`);
            const delegate = isNonEmpty(at(route, "delegate"))
                ? {
                      path: `${path}.delegate`,
                      namespace: textAt(route, "delegate", "namespace") ?? namespace,
                      name: textAt(route, "delegate", "name") ?? "",
                  }
                : undefined;
            return {
                subject,
                path,
                hosts,
                gateways: gatewaysOf(route, spec, namespace),
                targets: list(at(route, "route")).flatMap((to, place) =>
                    target(`${path}.route[${place}].destination.host`, textAt(to, "destination", "host")),
                ),
                mirrors: [
                    ...target(`${path}.mirror.host`, textAt(route, "mirror", "host")),
                    ...list(at(route, "mirrors")).flatMap((copy, place) =>
                        target(
                            `${path}.mirrors[${place}].destination.host`,
                            textAt(copy, "destination", "host"),
                        ),
                    ),
                ],
                headers,
                ...(delegate === undefined ? {} : { delegate }),
                ...(authority === undefined ? {} : { authority }),
                ...(redirect === undefined ? {} : { redirect }),
                ...(cors === undefined ? {} : { cors }),
            };
        }),
    );
}

/** The gateways of a route: those of its matches, which override those of the VirtualService. */
function gatewaysOf(route: unknown, spec: Fields, namespace: string): readonly string[] {
    const all = texts(spec["gateways"]);
    const defaultGateways = all.length === 0 ? ["mesh"] : all;
    const matches = list(at(route, "match"));
    const named = matches.flatMap((match) => {
        const matchGateways = texts(at(match, "gateways"));
        return matchGateways.length === 0 ? defaultGateways : matchGateways;
    });
    const full = (gateway: string): string =>
        gateway === "mesh" || gateway.includes("/") ? gateway : `${namespace}/${gateway}`;
    return [...new Set((matches.length === 0 ? defaultGateways : named).map(full))];
}

function changesAt(route: unknown, path: string): readonly HeaderChange[] {
    const request = at(route, "headers", "request");
    return ["set", "add"].flatMap((operation) =>
        Object.entries(fields(at(request, operation))).map(([name, value]) => ({
            path: `${path}.${operation}`,
            name: headerName(name),
            value: String(value),
        })),
    );
}

function corsOf(route: unknown, path: string): CorsRule | undefined {
    const policy = at(route, "corsPolicy");
    if (!isNonEmpty(policy)) return undefined;
    const origins = [
        ...list(at(policy, "allowOrigins")).flatMap((origin) =>
            (["exact", "prefix", "regex"] as const).flatMap((kind): CorsOrigin[] => {
                const value = textAt(origin, kind);
                return value === undefined ? [] : [{ kind, value }];
            }),
        ),
        ...texts(at(policy, "allowOrigin")).map((value) => ({ kind: "exact" as const, value })),
    ];
    return { path, credentials: textAt(policy, "allowCredentials") === "true", origins };
}
