/** Bypasses of a host's client certificates: a weaker listener, and a connection that was opened for another host. */
import { itAccepts, itRejects } from "./assertions";

const HOST = "push.example.com";
const config = { hosts: [{ host: HOST, authority: "devices-cacert" }] };

const gateway = (tls: string, hosts = `shop/${HOST}`): string =>
    `{ apiVersion: networking.istio.io/v1, kind: Gateway, metadata: { name: g, namespace: edge }, spec: { selector: { istio: gateway }, ` +
    `servers: [{ port: { number: 443, name: https, protocol: HTTPS }, hosts: [${hosts}], tls: { credentialName: push, minProtocolVersion: TLSV1_2, ${tls} } }] } }`;
const allow = (rule: string): string =>
    `{ apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: { name: a, namespace: edge }, spec: { rules: [${rule}] } }`;
const to = (host = HOST): string => `to: [{ operation: { hosts: ["${host}"], ports: ["443"] } }]`;
const sni = (values: string): string => `when: [{ key: connection.sni, ${values} }]`;

describe("a host whose clients present a certificate", () => {
    itRejects("gateways-client-certificates", [
        {
            what: "OPTIONAL_MUTUAL",
            yaml: gateway("mode: OPTIONAL_MUTUAL, caCertCredentialName: devices-cacert"),
            config,
        },
        { what: "SIMPLE", yaml: gateway("mode: SIMPLE"), config },
        {
            what: "another authority",
            yaml: gateway("mode: MUTUAL, caCertCredentialName: anyone-cacert"),
            config,
        },
        {
            what: "a server that it shares with another host",
            yaml: gateway(
                "mode: MUTUAL, caCertCredentialName: devices-cacert",
                `shop/${HOST}, shop/other.example.com`,
            ),
            config,
        },
        {
            what: "an ALLOW for any SNI",
            yaml: allow(`{ ${to()} }`),
            config,
            names: /rules\[0\].*any host/,
        },
        { what: "an ALLOW by a pattern of hosts", yaml: allow(`{ ${to("*.example.com")} }`), config },
        {
            what: "an ALLOW for another host's SNI, too",
            yaml: allow(`{ ${to()}, ${sni(`values: ["${HOST}", other.example.com]`)} }`),
            config,
        },
        {
            what: "an ALLOW for SNIs by a pattern",
            yaml: allow(`{ ${to()}, ${sni('values: ["*.example.com"]')} }`),
            config,
        },
    ]);
    itAccepts("gateways-client-certificates", [
        {
            what: "MUTUAL with the listed authority",
            yaml: gateway("mode: MUTUAL, caCertCredentialName: devices-cacert"),
            config,
        },
        {
            what: "an ALLOW for the host's SNI",
            yaml: allow(`{ ${to()}, ${sni(`values: ["${HOST}"]`)} }`),
            config,
        },
        { what: "a redirect without TLS", yaml: allow(`{ ${to()}, ${sni('notValues: ["*"]')} }`), config },
        {
            what: "a service's ALLOW for the gateway",
            yaml: allow(
                `{ from: [{ source: { principals: [cluster.local/ns/edge/sa/gateway] } }], ${to()} }`,
            ),
            config,
        },
        { what: "another host's ALLOW", yaml: allow(`{ ${to("other.example.com")} }`), config },
    ]);
});
