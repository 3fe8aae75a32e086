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
const PLAIN_ALONE = `, when: [{ key: connection.sni, notValues: ["*"] }]`;
const pods = (annotations: string) => `
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: edge }
spec: { template: { metadata: { labels: { istio: web }, annotations: ${annotations} }, spec: { containers: [] } } }
`;
const SPOKEN = `{ proxy.istio.io/config: "gatewayTopology: { proxyProtocol: {} }" }`;
const MESH = `
---
apiVersion: v1
kind: ConfigMap
metadata: { name: istio, namespace: istio-system }
data: { mesh: "defaultConfig: { gatewayTopology: { proxyProtocol: {} } }" }
`;

const wrong = (program: string) =>
    findings(exposedHosts, fromYaml(program), {}).map((finding) => finding.wrong);

describe("a redirect's ALLOW, where the PROXY protocol is spoken", () => {
    for (const [where, spoken] of [
        ["by the gateway's pods", pods(SPOKEN)],
        ["by every proxy", MESH],
    ] as const) {
        it(`is refused if its port is all that it asks for: spoken ${where}`, () => {
            const found = wrong(GATEWAY + spoken + redirect(""));
            assert.equal(found.length, 1);
            assert.match(
                found[0] ?? "",
                /rules\[0\] lets requests to api\.example\.com in .* by port 80 alone/,
            );
        });

        it(`passes if it is for connections without TLS alone: spoken ${where}`, () => {
            assert.deepEqual(wrong(GATEWAY + spoken + redirect(PLAIN_ALONE)), []);
        });
    }

    it("passes where nobody can claim a port, or other pods speak it", () => {
        assert.deepEqual(wrong(GATEWAY + pods("{}") + redirect("")), []);
        assert.deepEqual(wrong(GATEWAY + pods(SPOKEN).replaceAll("web", "other") + redirect("")), []);
    });
});
