import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { exposures } from "../../core/exposure";
import { isInMesh } from "../../core/hosts";
import { matchesHost } from "../../core/patterns";
import { isPodIdentityAgent } from "../../core/pod-identity";
import { at, list, someOf, textAt, texts } from "../../core/read";
import { routingRules, ROUTERS } from "../../core/routing";
import { type RoutingRule } from "../../core/routing-rule";
import { each, guarded, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

export const throughGateway = stackRule<WithExceptions>({
    name: "egress-through-gateway",
    area: "egress",
    title: "If there is an egress gateway, all external hosts are routed through it",
    severity: "high",
    why: "authorization by caller, limits and access logs are applied at the egress gateway; a direct route bypasses them",
    remediation:
        "Create a VirtualService for the host that routes mesh traffic to the gateway, and a server for the host in the gateway's Gateway.",
    appliesTo: ["networking.istio.io/ServiceEntry", "networking.istio.io/Gateway", ...ROUTERS],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: out, namespace: egress }
spec: { selector: { istio: egress }, servers: [{ port: { number: 443, name: tls, protocol: TLS }, hosts: [egress/a.example.com], tls: { mode: ISTIO_MUTUAL } }] }
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: a, namespace: egress }
spec: { hosts: [a.example.com], exportTo: [shop], location: MESH_EXTERNAL, resolution: DNS, ports: [{ number: 443, name: tls, protocol: TLS }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: carts, namespace: shop }
spec:
  hosts: [carts]
  exportTo: ["."]
  http: [{ route: [{ destination: { host: carts } }], mirror: { host: a.example.com }, timeout: 5s }]
`,
        compliant: `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: out, namespace: egress }
spec: { selector: { istio: egress }, servers: [{ port: { number: 443, name: tls, protocol: TLS }, hosts: [egress/a.example.com], tls: { mode: ISTIO_MUTUAL } }] }
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: a, namespace: egress }
spec: { hosts: [a.example.com], exportTo: [shop], location: MESH_EXTERNAL, resolution: DNS, ports: [{ number: 443, name: tls, protocol: TLS }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: a, namespace: egress }
spec:
  hosts: [a.example.com]
  gateways: [mesh, egress/out]
  exportTo: [shop]
  tls: [{ match: [{ gateways: [mesh], port: 443, sniHosts: [a.example.com] }], route: [{ destination: { host: egress.egress.svc.cluster.local } }] }]
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: old-host, namespace: shop }
spec: { hosts: [carts.old.example.com], exportTo: ["."], location: MESH_INTERNAL, resolution: STATIC, ports: [{ number: 8080, name: http, protocol: HTTP }], workloadSelector: { labels: { app: carts } } }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: carts, namespace: shop }
spec:
  hosts: [carts]
  exportTo: ["."]
  http: [{ route: [{ destination: { host: carts } }], mirror: { host: carts.old.example.com }, timeout: 5s }]
`,
    },
    *evaluateStack(stack, config) {
        if (!exposures(stack).some(({ meshClientsOnly }) => meshClientsOnly)) return;
        const services = stack.all("networking.istio.io/VirtualService");
        yield* each(stack.all("networking.istio.io/ServiceEntry"), function* (subject) {
            if ((textAt(subject.spec, "location") ?? "MESH_EXTERNAL") !== "MESH_EXTERNAL") return;
            // The agent is on the pod's node, and identifies the pod by its source address.
            if (isExcepted(config, subject) || isPodIdentityAgent(subject)) return;
            for (const host of texts(subject.spec["hosts"])) {
                if (someOf(services, (service) => routesElsewhere(service, host))) continue;
                yield {
                    subject,
                    problem: `no VirtualService routes requests for ${host} to the egress gateway, so sidecars call it directly`,
                    fix: "add one for that host and the gateway `mesh`, with a route to the egress gateway's Service.",
                };
            }
        });
        const egressGateways = new Set(
            exposures(stack).flatMap(({ gateway, meshClientsOnly }) =>
                meshClientsOnly ? [`${gateway.namespace}/${gateway.name}`] : [],
            ),
        );
        const entries = stack.all("networking.istio.io/ServiceEntry");
        const isRegistered = (host: string, isInside: boolean) =>
            someOf(
                entries,
                ({ spec }) =>
                    (textAt(spec, "location") === "MESH_INTERNAL") === isInside &&
                    texts(spec["hosts"]).some((pattern) => matchesHost(pattern, host)),
            );
        for (const rule of routingRules(stack)) {
            const { subject } = rule;
            yield* guarded(subject, function* () {
                if (isExcepted(config, subject)) return;
                for (const { path, host, from } of directEgress(rule, egressGateways)) {
                    // A host that looks external can be a VM in the mesh.
                    if (!isRegistered(host, false) && isRegistered(host, true)) continue;
                    yield {
                        subject,
                        problem: `${path} sends requests to the external host ${host} directly from ${from}`,
                        fix: "route them to the egress gateway's Service, and from there to the host with a route for its Gateway only. Remove mirrors of external hosts: they cannot be routed this way.",
                    };
                }
            });
        }
    },
});

interface EgressRoute {
    readonly path: string;
    readonly host: string;
    /** Where the requests come from, for messages. */
    readonly from: string;
}

/**
 * Destinations of a route that are external and do not come from an egress gateway. Hosts of the route itself
 * are reported by host.
 */
function directEgress(rule: RoutingRule, egressGateways: ReadonlySet<string>): readonly EgressRoute[] {
    const from = rule.gateways.filter((gateway) => gateway === "mesh" || !egressGateways.has(gateway));
    if (from.length === 0) return [];
    const routedHosts = new Set(from.every((gateway) => gateway === "mesh") ? rule.hosts : []);
    return [...rule.targets.filter(({ host }) => !routedHosts.has(host)), ...rule.mirrors]
        .filter(({ host }) => !isInMesh(host))
        .map(({ host }) => ({
            path: rule.path,
            host,
            from: from
                .map((gateway) => (gateway === "mesh" ? "the sidecars" : `the gateway ${gateway}`))
                .join(" and "),
        }));
}

/** Whether a mesh route leads a host's requests to other destinations, and none directly to the host. */
function routesElsewhere({ spec }: Subject, host: string): boolean {
    if (!texts(spec["hosts"]).includes(host)) return false;
    const bound = texts(spec["gateways"]);
    if (bound.length > 0 && !bound.includes("mesh")) return false;
    const routes = ["http", "tls", "tcp"].flatMap((kind) => list(spec[kind])).filter(isForMesh);
    const hosts = routes.flatMap((route) =>
        list(at(route, "route")).map((target) => textAt(target, "destination", "host")),
    );
    return hosts.length > 0 && !hosts.includes(host);
}

function isForMesh(route: unknown): boolean {
    const matches = list(at(route, "match"));
    return (
        matches.length === 0 ||
        matches.some((match) => {
            const gateways = texts(at(match, "gateways"));
            return gateways.length === 0 || gateways.includes("mesh");
        })
    );
}
