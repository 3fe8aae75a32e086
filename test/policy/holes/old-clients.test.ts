/** Access to a host for clients that send no host or server name. */
import { itAccepts, itRejects } from "./assertions";

const filter = (applyTo: string, listener: string, value: string): string =>
    `{ apiVersion: networking.istio.io/v1alpha3, kind: EnvoyFilter, metadata: { name: f, namespace: edge }, spec: { configPatches: [` +
    `{ applyTo: ${applyTo}, match: { context: GATEWAY, listener: ${listener} }, patch: { operation: MERGE, value: ${value} } }] } }`;
const manager = (options: string): string =>
    filter("NETWORK_FILTER", "{}", `{ typed_config: { http_protocol_options: ${options} } }`);
const names = (
    key: string,
    listener = "{ portNumber: 8883, filterChain: { sni: mqtt.example.com } }",
): string => filter("FILTER_CHAIN", listener, `{ filter_chain_match: { ${key}: [""] } }`);
const istiod = (env: string): string =>
    `{ apiVersion: sailoperator.io/v1, kind: Istio, metadata: { name: default }, spec: { namespace: istio-system, values: { pilot: { env: { ${env} } } } } }`;
const MQTT = { withoutSni: [{ host: "mqtt.example.com", port: 8883 }] };

describe("clients without a host or server name", () => {
    itRejects("gateways-legacy-clients", [
        { what: "HTTP/1.0", yaml: manager("{ accept_http_10: true }"), names: /accept_http_10/ },
        { what: "HTTP/1.0 in JSON's names", yaml: manager("{ acceptHttp10: true }") },
        {
            what: "a default host, even if listed",
            yaml: manager("{ acceptHttp10: true, defaultHostForHttp10: a.example.com }"),
            config: { http10: true },
            names: /a\.example\.com/,
        },
        {
            what: "HTTP/1.0 at every proxy",
            yaml: istiod("PILOT_HTTP10: 'true'"),
            names: /PILOT_HTTP10 is true/,
        },
        { what: "no server name", yaml: names("server_names") },
        { what: "no server name in JSON's names", yaml: names("serverNames") },
        {
            what: "no server name at another port",
            yaml: names("server_names", "{ portNumber: 322, filterChain: { sni: mqtt.example.com } }"),
            config: MQTT,
        },
        {
            what: "no server name at another host",
            yaml: names("server_names", "{ portNumber: 8883, filterChain: { sni: x.example.com } }"),
            config: MQTT,
        },
        {
            what: "no server name at all hosts",
            yaml: names("server_names", "{ portNumber: 8883 }"),
            config: MQTT,
        },
    ]);
    itAccepts("gateways-legacy-clients", [
        {
            what: "HTTP/1.0 that is listed",
            yaml: manager("{ accept_http_10: true }"),
            config: { http10: true },
        },
        {
            what: "HTTP/1.0 at every proxy, listed",
            yaml: istiod("PILOT_HTTP10: 'true'"),
            config: { http10: true },
        },
        { what: "other variables", yaml: istiod("PILOT_HTTP10: 'false', OTHER: 'true'") },
        { what: "HTTP/1.0 off", yaml: manager("{ accept_http_10: false }") },
        { what: "no server name at the listed host", yaml: names("server_names"), config: MQTT },
    ]);
});

const GATEWAY = (hosts: string): string =>
    `{ apiVersion: networking.istio.io/v1, kind: Gateway, metadata: { name: g, namespace: edge }, spec: { selector: { istio: gateway }, servers: [` +
    `{ port: { number: 8883, name: tls, protocol: TLS }, hosts: [${hosts}], tls: { mode: SIMPLE, credentialName: c, minProtocolVersion: TLSV1_2 } }] } }`;
const ALLOW = (when: string): string =>
    `{ apiVersion: security.istio.io/v1, kind: AuthorizationPolicy, metadata: { name: a, namespace: edge }, spec: { selector: { matchLabels: { istio: gateway } }, ` +
    `rules: [{ to: [{ operation: { ports: ["8883"] } }], when: [{ key: connection.sni, ${when} }] }] } }`;
const both = (hosts: string, when: string): string => `${GATEWAY(hosts)}\n---\n${ALLOW(when)}`;
const LISTED = { portsWithoutSni: [8883] };

describe("an ALLOW for connections without a server name", () => {
    itRejects("access-gateway-hosts", [
        { what: "at a port that is not listed", yaml: both("shop/a.example.com", 'notValues: ["*"]') },
        {
            what: "at a port of two hosts",
            yaml: both("shop/a.example.com, shop/b.example.com", 'notValues: ["*"]'),
            config: LISTED,
        },
        {
            what: "that also accepts other names",
            yaml: both("shop/a.example.com", "notValues: [b.example.com]"),
            config: LISTED,
        },
    ]);
    itAccepts("access-gateway-hosts", [
        {
            what: "at a listed port of one host",
            yaml: both("shop/a.example.com", 'notValues: ["*"]'),
            config: LISTED,
        },
    ]);
});
