import assert from "node:assert/strict";
import { exposedHosts } from "../../policy/rules/access/exposed-hosts";
import { findings, fromYaml } from "./support/stacks";

const GATEWAY = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: public, namespace: edge }
spec:
  selector: { istio: web }
  servers:
    - { port: { number: 80, name: http, protocol: HTTP }, hosts: [shop/api.example.com], tls: { httpsRedirect: true } }
`;
const redirect = (when: string) => `
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: redirect, namespace: edge }
spec:
  selector: { matchLabels: { istio: web } }
  rules: [{ to: [{ operation: { hosts: [api.example.com], ports: ["80"] } }]${when} }]
`;
const PLAINTEXT_ONLY = `, when: [{ key: connection.sni, notValues: ["*"] }]`;
const pods = (annotations: string) => `
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: edge }
spec: { template: { metadata: { labels: { istio: web }, annotations: ${annotations} }, spec: { containers: [] } } }
`;
const PROXY_PROTOCOL = `{ proxy.istio.io/config: "gatewayTopology: { proxyProtocol: {} }" }`;
const MESH = `
---
apiVersion: v1
kind: ConfigMap
metadata: { name: istio, namespace: istio-system }
data: { mesh: "defaultConfig: { gatewayTopology: { proxyProtocol: {} } }" }
`;

const problem = (program: string) =>
    findings(exposedHosts, fromYaml(program), {}).map((finding) => finding.problem);

describe("a redirect's ALLOW, with the PROXY protocol", () => {
    for (const [where, spoken] of [
        ["by the gateway's pods", pods(PROXY_PROTOCOL)],
        ["by every proxy", MESH],
    ] as const) {
        it(`is rejected if it only matches a port: PROXY protocol ${where}`, () => {
            const violations = problem(GATEWAY + spoken + redirect(""));
            assert.equal(violations.length, 1);
            assert.match(
                violations[0] ?? "",
                /rules\[0\] allows requests to api\.example\.com without a token, restricted only by port 80,/,
            );
        });

        it(`passes if it matches only connections without TLS: PROXY protocol ${where}`, () => {
            assert.deepEqual(problem(GATEWAY + spoken + redirect(PLAINTEXT_ONLY)), []);
        });
    }

    it("passes if no client can claim a port, or other pods use the PROXY protocol", () => {
        assert.deepEqual(problem(GATEWAY + pods("{}") + redirect("")), []);
        assert.deepEqual(
            problem(GATEWAY + pods(PROXY_PROTOCOL).replaceAll("web", "other") + redirect("")),
            [],
        );
    });
});
