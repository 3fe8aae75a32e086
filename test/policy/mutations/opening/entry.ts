/** A second ALLOW for a host that requires tokens, by policies in any namespace that select its gateway. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { packConfig } from "../../support/stacks";
import { kindOf, meta, type Mutation, nodes, type Props } from "../model";
import { added } from "./added";

interface Demands {
    readonly claims: readonly { host: string; methods?: readonly string[] }[];
    readonly issuers: readonly { host: string; issuer: string }[];
    readonly networks: readonly string[];
}

export function secondWaysIn(stack: readonly EvaluatedResource[]): Mutation[] {
    const demands = packConfig("prod")["access-exposed-hosts"] as Demands;
    const gateways = stack.filter((resource) => kindOf(resource) === "Gateway");
    return demands.issuers.flatMap(({ host, issuer }) =>
        gateways
            .filter((gateway) => hostsOf(gateway).includes(host))
            .flatMap((gateway) => waysIn(gateway, host, issuer, demands)),
    );
}

function hostsOf(gateway: EvaluatedResource): readonly string[] {
    return nodes(gateway.properties, "spec.servers.*")
        .filter((server) => !("httpsRedirect" in (server["tls"] as Props)))
        .flatMap((server) => (server["hosts"] as string[]).map((name) => name.replace(/^.*\//, "")));
}

function waysIn(gateway: EvaluatedResource, host: string, issuer: string, demands: Demands): Mutation[] {
    const { namespace, name } = meta(gateway);
    const selector = { matchLabels: (gateway.properties["spec"] as Props)["selector"] };
    const operation = { hosts: [host], ports: ["443"], methods: ["POST"], paths: ["/v1/export"] };
    const to = [{ operation }];
    const token = { requestPrincipals: [`${issuer}/*`] };
    const when = [
        { key: "request.auth.claims[scope]", values: ["api.write"] },
        { key: "request.auth.claims[roles]", values: ["staff"] },
    ];
    const allow = (kind: string, home: string, rule: object, pods: object = selector): Mutation =>
        added(`added: ${kind}`, "security.istio.io/v1", "AuthorizationPolicy", home, `${name}-too`, {
            selector: pods,
            rules: [rule],
        });
    const staffOnly = demands.networks.includes(host);
    const claim = demands.claims.find((entry) => entry.host === host);
    return [
        allow("access without a token, from the root namespace", "istio-system", { to }),
        allow("access without a token, the host in capitals", namespace, {
            to: [{ operation: { ...operation, hosts: [host.toUpperCase()] } }],
        }),
        allow(
            "access without a token, by another label of the gateway's pods",
            namespace,
            { to },
            { matchLabels: { app: Object.values(selector.matchLabels as Props)[0] } },
        ),
        allow("access with any token", namespace, {
            from: [{ source: { requestPrincipals: ["*"], remoteIpBlocks: ["203.0.113.0/24"] } }],
            to,
            when,
        }),
        ...(claim === undefined
            ? []
            : [
                  allow("access by a pattern of methods, without the token's scope", namespace, {
                      from: [{ source: { ...token, remoteIpBlocks: ["203.0.113.0/24"] } }],
                      to: [{ operation: { ...operation, methods: ["P*"] } }],
                  }),
              ]),
        ...(staffOnly
            ? [
                  allow("access from all networks in two halves", namespace, {
                      from: [{ source: { ...token, remoteIpBlocks: ["0.0.0.0/1", "128.0.0.0/1"] } }],
                      to,
                      when,
                  }),
              ]
            : []),
    ];
}
