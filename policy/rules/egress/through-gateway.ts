import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { exposures } from "../../core/exposure";
import { isInMesh } from "../../core/hosts";
import { matchesHost } from "../../core/matching";
import { isPodIdentityAgent } from "../../core/pod-identity";
import { at, list, someOf, textAt, texts } from "../../core/read";
import { routingRules, ROUTERS } from "../../core/routing";
import { type RoutingRule } from "../../core/routing-rule";
import { each, guarded, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";

export const throughGateway = stackRule<WithExceptions>({
    name: "egress-through-gateway",
    area: "egress",
    title: "Where there is an egress gateway, every host outside is reached through it",
    severity: "high",
    why: "one way out is where callers are told apart, limits hold and the log is kept; a second way has none of it",
    remedy: "Give the host a VirtualService whose route from the mesh leads to the gateway, and a server of a Gateway there.",
    judges: ["networking.istio.io/ServiceEntry", "networking.istio.io/Gateway", ...ROUTERS],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
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
        accepted: `
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
    *judgeStack(world, config) {
        if (!exposures(world).some(({ mutual }) => mutual)) return;
        const services = world.all("networking.istio.io/VirtualService");
        yield* each(world.all("networking.istio.io/ServiceEntry"), function* (subject) {
            if ((textAt(subject.spec, "location") ?? "MESH_EXTERNAL") !== "MESH_EXTERNAL") return;
            // It is on the pod's own node, and knows the pod by the address from which it calls.
            if (isExcepted(config, subject) || isPodIdentityAgent(subject)) return;
            for (const host of texts(subject.spec["hosts"])) {
                if (someOf(services, (service) => leadsAway(service, host))) continue;
                yield {
                    subject,
                    wrong: `no VirtualService leads the mesh's requests for ${host} to the egress gateway, so sidecars call it directly`,
                    fix: "add one for that host, for the gateway `mesh`, whose route leads to the egress gateway's Service.",
                };
            }
        });
        const waysOut = new Set(
            exposures(world).flatMap(({ gateway, mutual }) =>
                mutual ? [`${gateway.namespace}/${gateway.name}`] : [],
            ),
        );
        const entries = world.all("networking.istio.io/ServiceEntry");
        const isRegistered = (host: string, isInside: boolean) =>
            someOf(
                entries,
                ({ spec }) =>
                    (textAt(spec, "location") === "MESH_INTERNAL") === isInside &&
                    texts(spec["hosts"]).some((pattern) => matchesHost(pattern, host)),
            );
        for (const rule of routingRules(world)) {
            const { subject } = rule;
            yield* guarded(subject, function* () {
                if (isExcepted(config, subject)) return;
                for (const { path, host, from } of legsOut(rule, waysOut)) {
                    // A name like one outside may be of a machine that has joined the mesh.
                    if (!isRegistered(host, false) && isRegistered(host, true)) continue;
                    yield {
                        subject,
                        wrong: `${path} sends requests to ${host}, outside, straight from ${from}`,
                        fix: "lead them to the egress gateway's Service, and from there, by a route for its Gateway alone, to the host; a copy of a request (`mirror`) has no such way, so take it out.",
                    };
                }
            });
        }
    },
});

interface Leg {
    readonly path: string;
    readonly host: string;
    /** From where it is gone, for people. */
    readonly from: string;
}

/** Legs of a route that lead outside from elsewhere than an egress gateway; a host's own are said of the host. */
function legsOut(rule: RoutingRule, waysOut: ReadonlySet<string>): readonly Leg[] {
    const from = rule.gateways.filter((gateway) => gateway === "mesh" || !waysOut.has(gateway));
    if (from.length === 0) return [];
    const own = new Set(from.every((gateway) => gateway === "mesh") ? rule.hosts : []);
    return [...rule.targets.filter(({ host }) => !own.has(host)), ...rule.mirrors]
        .filter(({ host }) => !isInMesh(host))
        .map(({ host }) => ({
            path: rule.path,
            host,
            from: from
                .map((gateway) => (gateway === "mesh" ? "the sidecars" : `the gateway ${gateway}`))
                .join(" and "),
        }));
}

/** Whether a route for the mesh leads a host's requests to somewhere else than the host, and none to it directly. */
function leadsAway({ spec }: Subject, host: string): boolean {
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
