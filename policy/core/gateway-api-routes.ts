/** Routes of the Kubernetes Gateway API: of gateways, and of the mesh where their parent is a Service (GAMMA). */
import { at, list, isNonEmpty, textAt, texts } from "./read";
import { type CorsRule, headerName, type HeaderChange, type RoutingRule, type Target } from "./routing-rule";
import { type Subject } from "./subject";

export const ROUTE_KINDS: readonly string[] = [
    "HTTPRoute",
    "GRPCRoute",
    "TLSRoute",
    "TCPRoute",
    "UDPRoute",
].map((kind) => `gateway.networking.k8s.io/${kind}`);

/** Reference to a Gateway API Gateway, in `RoutingRule.gateways`. */
export function kubernetesGateway(namespace: string, name: string): string {
    return `gateway.networking.k8s.io ${namespace}/${name}`;
}

export function gatewayApiRoutes(subject: Subject): readonly RoutingRule[] {
    const { spec, namespace } = subject;
    const parents = list(spec["parentRefs"]);
    const services = parents.filter((parent) => (textAt(parent, "kind") ?? "Gateway") !== "Gateway");
    const hosts = [
        ...texts(spec["hostnames"]),
        ...services.map((parent) => hostOf(parent, namespace, textAt(parent, "kind") ?? "Service")),
    ];
    const gateways = parents.map((parent) =>
        (textAt(parent, "kind") ?? "Gateway") === "Gateway"
            ? kubernetesGateway(textAt(parent, "namespace") ?? namespace, textAt(parent, "name") ?? "")
            : "mesh",
    );
    return list(spec["rules"]).map((rule, index) => {
        const path = `spec.rules[${index}]`;
        const backends = list(at(rule, "backendRefs"));
        const filters: readonly (readonly [string, unknown])[] = [
            ...list(at(rule, "filters")).map((one, place) => [`${path}.filters[${place}]`, one] as const),
            ...backends.flatMap((backend, outer) =>
                list(at(backend, "filters")).map(
                    (one, place) => [`${path}.backendRefs[${outer}].filters[${place}]`, one] as const,
                ),
            ),
        ];
        const authority = hostnameOf(filters, "urlRewrite");
        const redirect = hostnameOf(filters, "requestRedirect");
        const cors = corsOf(filters);
        return {
            subject,
            path,
            hosts,
            gateways: [...new Set(gateways)],
            targets: backends.map((backend, place) => ({
                path: `${path}.backendRefs[${place}]`,
                host: hostOf(backend, namespace, textAt(backend, "kind") ?? "Service"),
            })),
            // An authorization service receives the headers, and the body where the filter says so.
            mirrors: filters.flatMap(([place, filter]) =>
                ["requestMirror", "externalAuth"].flatMap((field) => {
                    const to = at(filter, field, "backendRef");
                    if (!isNonEmpty(to)) return [];
                    const kind = textAt(to, "kind") ?? "Service";
                    return [{ path: `${place}.${field}`, host: hostOf(to, namespace, kind) }];
                }),
            ),
            headers: filters.flatMap(([place, filter]) => changesOf(place, filter)),
            ...(authority === undefined ? {} : { authority }),
            ...(redirect === undefined ? {} : { redirect }),
            ...(cors === undefined ? {} : { cors }),
        };
    });
}

/** The host of a backend or parent: fully qualified for a Service; for Istio's kind Hostname, the name itself. */
function hostOf(reference: unknown, namespace: string, kind: string): string {
    const name = textAt(reference, "name") ?? "";
    const home = textAt(reference, "namespace") ?? namespace;
    if (kind === "Service") return `${name}.${home}.svc.cluster.local`;
    return kind === "Hostname" ? name : `${kind} ${home}/${name}`;
}

function hostnameOf(filters: readonly (readonly [string, unknown])[], field: string): Target | undefined {
    for (const [path, filter] of filters) {
        const host = textAt(filter, field, "hostname");
        if (host !== undefined) return { path: `${path}.${field}.hostname`, host };
    }
    return undefined;
}

function changesOf(path: string, filter: unknown): readonly HeaderChange[] {
    return ["set", "add"].flatMap((operation) =>
        list(at(filter, "requestHeaderModifier", operation)).map((header) => ({
            path: `${path}.requestHeaderModifier.${operation}`,
            name: headerName(textAt(header, "name") ?? ""),
            value: textAt(header, "value") ?? "",
        })),
    );
}

function corsOf(filters: readonly (readonly [string, unknown])[]): CorsRule | undefined {
    for (const [path, filter] of filters) {
        const policy = at(filter, "cors");
        if (!isNonEmpty(policy)) continue;
        const origins = texts(at(policy, "allowOrigins")).map((value) => ({
            kind: value.includes("*") ? ("regex" as const) : ("exact" as const),
            value: value.replaceAll("*", ".*"),
        }));
        return {
            path: `${path}.cors`,
            credentials: textAt(policy, "allowCredentials") === "true",
            origins,
        };
    }
    return undefined;
}
