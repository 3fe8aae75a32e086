import { actionOf, AUTHORIZATION, rulesOf } from "../../core/authorization";
import { type ExposedHost, exposures } from "../../core/exposure";
import { policiesAt } from "../../core/gateway-proxies";
import { isPattern, withoutPort } from "../../core/patterns";
import { speaksProxyProtocol } from "../../core/proxy-protocol";
import { texts } from "../../core/read";
import { each, stackRule } from "../../core/rule";
import { isListedWildcard, WILDCARDS_SCHEMA, type WithWildcards } from "../../core/wildcards";

interface Config extends WithWildcards {
    readonly onlyHostByPort: boolean;
    readonly portsWithoutSni: readonly number[];
}

export const gatewayHosts = stackRule<Config>({
    name: "access-gateway-hosts",
    area: "access",
    title: "Every ALLOW at a gateway is limited to hosts",
    severity: "high",
    why: "a gateway serves many hosts: a caller that may reach one must not reach them all, especially through an egress gateway",
    remediation:
        "Set `hosts` in the operation, or a condition on connection.sni where the gateway does not parse HTTP.",
    appliesTo: [AUTHORIZATION, "networking.istio.io/Gateway"],
    defaults: { onlyHostByPort: false, portsWithoutSni: [], wildcards: [] },
    schema: {
        wildcards: WILDCARDS_SCHEMA,
        onlyHostByPort: {
            type: "boolean",
            description:
                "on a port with TLS for a single host, `ports` is sufficient and `hosts` is not required",
        },
        portsWithoutSni: {
            type: "array",
            description:
                "ports with TLS for a single host that accept clients without SNI; an ALLOW for connections without SNI needs no host there",
            items: { type: "integer", minimum: 1, maximum: 65535 },
        },
    },
    examples: {
        noncompliant: `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: out, namespace: egress }
spec: { selector: { istio: egress }, servers: [{ port: { number: 443, name: tls, protocol: TLS }, hosts: [egress/a.example.com, egress/b.example.com], tls: { mode: ISTIO_MUTUAL } }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: from-web, namespace: egress }
spec: { selector: { matchLabels: { istio: egress } }, rules: [{ from: [{ source: { principals: [cluster.local/ns/shop/sa/web] } }], to: [{ operation: { ports: ["443"] } }] }] }
`,
        compliant: `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: out, namespace: egress }
spec: { selector: { istio: egress }, servers: [{ port: { number: 443, name: tls, protocol: TLS }, hosts: [egress/a.example.com, egress/b.example.com], tls: { mode: ISTIO_MUTUAL } }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: from-web, namespace: egress }
spec:
  selector: { matchLabels: { istio: egress } }
  rules:
    - from: [{ source: { principals: [cluster.local/ns/shop/sa/web] } }]
      to: [{ operation: { ports: ["443"] } }]
      when: [{ key: connection.sni, values: [a.example.com] }]
`,
    },
    *evaluateStack(stack, config) {
        const { onlyHostByPort, portsWithoutSni } = config;
        const exposed = exposures(stack);
        const holding = new Map(
            [...new Set(exposed.map(({ gateway }) => gateway))].map((gateway) => [
                gateway,
                new Set(policiesAt(stack, gateway, AUTHORIZATION)),
            ]),
        );
        const behindProxy = new Set(
            [...holding.keys()].filter((gateway) => speaksProxyProtocol(stack, gateway)),
        );
        yield* each(stack.all(AUTHORIZATION), function* (subject) {
            if (actionOf(subject) !== "ALLOW") return;
            const here = exposed.filter(({ gateway }) => holding.get(gateway)?.has(subject));
            if (here.length === 0) return;
            // With the PROXY protocol the client states the port; otherwise it is the port of the listener.
            const portsCount = !here.some(({ gateway }) => behindProxy.has(gateway));
            for (const { path, operations, conditions } of rulesOf(subject)) {
                const sni = conditions.find(({ key }) => key === "connection.sni");
                const names = sni?.values ?? [];
                const isNameless = sni?.notValues.includes("*") === true;
                for (const { path: place, fields } of operations) {
                    const ports = texts(fields["ports"]);
                    if (portsCount && ports.length > 0 && !ports.some((port) => isServed(here, port)))
                        continue;
                    const hosts = [...texts(fields["hosts"]), ...names];
                    const wide = hosts.find(
                        (host) =>
                            isPattern(withoutPort(host)) && !isListedWildcard(config, withoutPort(host)),
                    );
                    if (wide !== undefined) {
                        yield {
                            subject,
                            problem: `${path} has ${JSON.stringify(wide)}, which matches more than one host`,
                            fix: "list each host by its full name.",
                        };
                    }
                    if (hosts.length > 0 || (onlyHostByPort && portsIdentifyHost(here, ports))) continue;
                    const isListed = ports.every((port) => portsWithoutSni.includes(Number(port)));
                    if (isNameless && isListed && portsIdentifyHost(here, ports)) continue;
                    yield {
                        subject,
                        problem: `${place} has no hosts, so it applies to every host of the gateway on these ports`,
                        fix: isNameless
                            ? "add `hosts`, or list the port in portsWithoutSni if it serves a single host."
                            : "add `hosts`, or a condition on connection.sni.",
                    };
                }
            }
        });
    },
});

function isServed(here: readonly ExposedHost[], port: string): boolean {
    return here.some((exposure) => String(exposure.port) === port);
}

/** Whether each port terminates TLS for the TCP traffic of a single host, whose policies can only match the port. */
function portsIdentifyHost(here: readonly ExposedHost[], ports: readonly string[]): boolean {
    const isClear = ({ isOnlyHostOfPort, meshClientsOnly, protocol }: ExposedHost): boolean =>
        isOnlyHostOfPort && !meshClientsOnly && protocol === "tls";
    return (
        ports.length > 0 &&
        ports.every((port) => here.filter((exposure) => String(exposure.port) === port).every(isClear))
    );
}
