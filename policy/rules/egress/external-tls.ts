import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { canonical, coversHost } from "../../core/hosts";
import { isPodIdentityAgent } from "../../core/pod-identity";
import { at, fields, list, numberAt, textAt, texts } from "../../core/read";
import { each, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { type World } from "../../core/world";

export const externalTls = stackRule<WithExceptions>({
    name: "egress-external-tls",
    area: "egress",
    title: "What leaves the mesh leaves in TLS",
    severity: "high",
    why: "requests in plain text over the Internet are read and changed by whoever carries them",
    remedy: "Declare the port as TLS or HTTPS, or have a DestinationRule of mode SIMPLE for it (TLS origination).",
    judges: [
        "networking.istio.io/ServiceEntry",
        "networking.istio.io/DestinationRule",
        "networking.istio.io/VirtualService",
    ],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: api, namespace: shop }
spec: { hosts: [api.example.com], exportTo: ["."], location: MESH_EXTERNAL, resolution: DNS, ports: [{ number: 80, name: http, protocol: HTTP }] }
`,
        accepted: `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: api, namespace: shop }
spec: { hosts: [api.example.com], exportTo: ["."], location: MESH_EXTERNAL, resolution: DNS, ports: [{ number: 80, name: http, protocol: HTTP, targetPort: 443 }] }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: api, namespace: shop }
spec: { host: api.example.com, exportTo: ["."], trafficPolicy: { tls: { mode: SIMPLE, subjectAltNames: [api.example.com] } } }
`,
    },
    *judgeStack(world, config) {
        yield* each(world.all("networking.istio.io/ServiceEntry"), function* (subject) {
            // Outside is what Istio takes it for where nothing is said.
            if ((textAt(subject.spec, "location") ?? "MESH_EXTERNAL") !== "MESH_EXTERNAL") return;
            // It speaks no TLS, and its answers do not leave the node.
            if (isPodIdentityAgent(subject)) return;
            for (const port of list(subject.spec["ports"])) {
                const number = numberAt(port, "number") ?? 0;
                const protocol = (textAt(port, "protocol") ?? "TCP").toUpperCase();
                if (protocol === "TLS" || protocol === "HTTPS" || isExcepted(config, subject, number))
                    continue;
                for (const host of texts(subject.spec["hosts"])) {
                    if (originates(world, host, number) || leadsToTls(world, host, number)) continue;
                    yield {
                        subject,
                        wrong: `port ${number} of ${host} is ${protocol}, and no DestinationRule makes TLS of it`,
                        fix: `declare the port as TLS if the client speaks it, or add a DestinationRule for ${host} with tls mode SIMPLE on port ${number}.`,
                    };
                }
            }
        });
    },
});

function originates(world: World, host: string, port: number): boolean {
    return world
        .all("networking.istio.io/DestinationRule")
        .filter(({ spec, namespace }) => coversHost(canonical(textAt(spec, "host") ?? "", namespace), host))
        .some((rule) => ["SIMPLE", "MUTUAL"].includes(modeAt(rule, port)));
}

/**
 * Whether every route from the mesh for a host leads its requests for one port to other ports, each of TLS: the way in
 * which Istio's task "Egress TLS Origination" once led port 80 to 443.
 */
function leadsToTls(world: World, host: string, port: number): boolean {
    const routes = world
        .all("networking.istio.io/VirtualService")
        .filter(({ spec }) => texts(spec["hosts"]).includes(host))
        .flatMap(({ spec }) => list(spec["http"]))
        .filter((route) => isForPort(route, port))
        .flatMap((route) => list(at(route, "route")));
    return (
        routes.length > 0 &&
        routes.every((route) => {
            const target = numberAt(route, "destination", "port", "number");
            return (
                textAt(route, "destination", "host") === host &&
                target !== undefined &&
                target !== port &&
                originates(world, host, target)
            );
        })
    );
}

function isForPort(route: unknown, port: number): boolean {
    const matches = list(at(route, "match"));
    return matches.length === 0 || matches.some((match) => (numberAt(match, "port") ?? port) === port);
}

function modeAt({ spec }: Subject, port: number): string {
    const policy = fields(spec["trafficPolicy"]);
    const own = list(policy["portLevelSettings"]).find(
        (settings) => numberAt(settings, "port", "number") === port,
    );
    return textAt(own ?? policy, "tls", "mode") ?? "";
}
