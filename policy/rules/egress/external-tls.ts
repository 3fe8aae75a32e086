import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { canonical, coversHost } from "../../core/hosts";
import { isPodIdentityAgent } from "../../core/pod-identity";
import { at, fields, list, numberAt, textAt, texts } from "../../core/read";
import { each, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { type StackResources } from "../../core/stack-resources";

export const externalTls = stackRule<WithExceptions>({
    name: "egress-external-tls",
    area: "egress",
    title: "Traffic to external hosts uses TLS",
    severity: "high",
    why: "anyone on the path can read and change plain-text requests on the Internet",
    remediation:
        "Declare the port as TLS or HTTPS, or add a DestinationRule with mode SIMPLE (TLS origination).",
    appliesTo: [
        "networking.istio.io/ServiceEntry",
        "networking.istio.io/DestinationRule",
        "networking.istio.io/VirtualService",
    ],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: api, namespace: shop }
spec: { hosts: [api.example.com], exportTo: ["."], location: MESH_EXTERNAL, resolution: DNS, ports: [{ number: 80, name: http, protocol: HTTP }] }
`,
        compliant: `
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
    *evaluateStack(stack, config) {
        yield* each(stack.all("networking.istio.io/ServiceEntry"), function* (subject) {
            // Istio's default location is MESH_EXTERNAL.
            if ((textAt(subject.spec, "location") ?? "MESH_EXTERNAL") !== "MESH_EXTERNAL") return;
            // The agent has no TLS, and its traffic does not leave the node.
            if (isPodIdentityAgent(subject)) return;
            for (const port of list(subject.spec["ports"])) {
                const number = numberAt(port, "number") ?? 0;
                const protocol = (textAt(port, "protocol") ?? "TCP").toUpperCase();
                if (protocol === "TLS" || protocol === "HTTPS" || isExcepted(config, subject, number))
                    continue;
                for (const host of texts(subject.spec["hosts"])) {
                    if (originates(stack, host, number) || reroutesToTls(stack, host, number)) continue;
                    yield {
                        subject,
                        problem: `port ${number} of ${host} is ${protocol}, and no DestinationRule originates TLS for it`,
                        fix: `declare the port as TLS if the client uses TLS, or add a DestinationRule for ${host} with tls mode SIMPLE on port ${number}.`,
                    };
                }
            }
        });
    },
});

function originates(stack: StackResources, host: string, port: number): boolean {
    return stack
        .all("networking.istio.io/DestinationRule")
        .filter(({ spec, namespace }) => coversHost(canonical(textAt(spec, "host") ?? "", namespace), host))
        .some((rule) => ["SIMPLE", "MUTUAL"].includes(modeAt(rule, port)));
}

/**
 * Whether every mesh route for a host's port leads to other ports with TLS origination, as in former versions
 * of Istio's task "Egress TLS Origination", which routed port 80 to 443.
 */
function reroutesToTls(stack: StackResources, host: string, port: number): boolean {
    const routes = stack
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
                originates(stack, host, target)
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
    const portSettings = list(policy["portLevelSettings"]).find(
        (settings) => numberAt(settings, "port", "number") === port,
    );
    return textAt(portSettings ?? policy, "tls", "mode") ?? "";
}
