import { actionOf, AUTHORIZATION, rulesOf } from "../../core/authorization";
import { type Exposure, exposures } from "../../core/exposure";
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
    title: "An ALLOW at a gateway says for which hosts",
    severity: "high",
    why: "a gateway carries many hosts: who may reach one must not reach them all, least of all through an egress gateway",
    remedy: "Name `hosts` in the operation, or the condition connection.sni where the gateway does not read HTTP.",
    judges: [AUTHORIZATION, "networking.istio.io/Gateway"],
    defaults: { onlyHostByPort: false, portsWithoutSni: [], wildcards: [] },
    schema: {
        wildcards: WILDCARDS_SCHEMA,
        onlyHostByPort: {
            type: "boolean",
            description: "a port that carries TLS of one host alone stands for that host",
        },
        portsWithoutSni: {
            type: "array",
            description:
                "ports of TLS of one host alone that takes clients without a server name: there, an ALLOW for connections without one needs no host",
            items: { type: "integer", minimum: 1, maximum: 65535 },
        },
    },
    examples: {
        refused: `
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
        accepted: `
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
    *judgeStack(world, config) {
        const { onlyHostByPort, portsWithoutSni } = config;
        const offered = exposures(world);
        const holding = new Map(
            [...new Set(offered.map(({ gateway }) => gateway))].map((gateway) => [
                gateway,
                new Set(policiesAt(world, gateway, AUTHORIZATION)),
            ]),
        );
        const behindProxy = new Set(
            [...holding.keys()].filter((gateway) => speaksProxyProtocol(world, gateway)),
        );
        yield* each(world.all(AUTHORIZATION), function* (subject) {
            if (actionOf(subject) !== "ALLOW") return;
            const here = offered.filter(({ gateway }) => holding.get(gateway)?.has(subject));
            if (here.length === 0) return;
            // Behind the PROXY protocol the port is what the client says; elsewhere it is where the request came in.
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
                            wrong: `${path} names ${JSON.stringify(wide)}, which matches more than one host`,
                            fix: "name each host in full.",
                        };
                    }
                    if (hosts.length > 0 || (onlyHostByPort && portsSayIt(here, ports))) continue;
                    const isListed = ports.every((port) => portsWithoutSni.includes(Number(port)));
                    if (isNameless && isListed && portsSayIt(here, ports)) continue;
                    yield {
                        subject,
                        wrong: `${place} names no hosts, so it holds for whatever the gateway carries there`,
                        fix: isNameless
                            ? "add `hosts`, or list the port under portsWithoutSni where it is one host's alone."
                            : "add `hosts`, or a condition on connection.sni.",
                    };
                }
            }
        });
    },
});

function isServed(here: readonly Exposure[], port: string): boolean {
    return here.some((exposure) => String(exposure.port) === port);
}

/** Whether each port ends TLS for bytes of one host alone, whose policies can know nothing but the port. */
function portsSayIt(here: readonly Exposure[], ports: readonly string[]): boolean {
    const isClear = ({ alone, mutual, protocol }: Exposure): boolean =>
        alone && !mutual && protocol === "tls";
    return (
        ports.length > 0 &&
        ports.every((port) => here.filter((exposure) => String(exposure.port) === port).every(isClear))
    );
}
