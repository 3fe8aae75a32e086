/** Private networks as destinations of pods in the mesh: only the listed ones. */
import { itAccepts, itRejects } from "./assertions";

const NAMESPACES = `
{ apiVersion: v1, kind: Namespace, metadata: { name: egress, labels: { istio.io/rev: stable } } }
---
{ apiVersion: v1, kind: Namespace, metadata: { name: shop, labels: { istio-injection: enabled } } }
---
{ apiVersion: v1, kind: Namespace, metadata: { name: tools } }
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: out, namespace: egress }
spec: { selector: { app: egress }, servers: [{ port: { number: 5432, name: tls, protocol: TLS }, hosts: [db.example.com], tls: { mode: ISTIO_MUTUAL } }] }
---
`;

const opening = (peers: string, ports = "{ port: 5432 }", namespace = "egress", app = "egress"): string =>
    `${NAMESPACES}{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: gateway, namespace: ${namespace} }, ` +
    `spec: { podSelector: { matchLabels: { app: ${app} } }, policyTypes: [Egress], egress: [{ to: [${peers}], ports: [${ports}] }] } }`;
const block = (cidr: string): string => `{ ipBlock: { cidr: ${cidr} } }`;

const listing = (more: object = {}) => ({
    listedNetworksOnly: true,
    privateNetworks: [
        {
            namespace: "egress",
            name: "gateway",
            cidrs: ["10.20.0.0/24", "172.20.0.0/16"],
            ports: [5432],
            reason: "databases in the VPC",
            until: "2099-01-01",
            ...more,
        },
    ],
});
const config = listing();

describe("private networks as destinations, where only listed ones are allowed", () => {
    itAccepts("network-least-privilege", [
        { what: "a listed network at a listed port", yaml: opening(block("10.20.0.0/24")), config },
        { what: "a part of a listed network", yaml: opening(block("10.20.0.128/25")), config },
        {
            what: "the Internet without private networks",
            yaml: opening(
                "{ ipBlock: { cidr: 0.0.0.0/0, except: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.0.0/16] } }",
            ),
            config,
        },
        {
            what: "a network for pods outside the mesh",
            yaml: opening(block("10.9.0.0/24"), "{ port: 443 }", "tools", "tool"),
            config,
        },
        { what: "any network in the profile open", yaml: opening(block("10.9.0.0/24")) },
    ]);
    itRejects("network-least-privilege", [
        {
            what: "a network that is not listed",
            yaml: opening(block("10.21.0.0/24")),
            config,
            names: /10\.21\.0\.0\/24 on port 5432, which is not listed in privateNetworks/,
        },
        { what: "a network one bit wider than the listed one", yaml: opening(block("10.20.0.0/23")), config },
        {
            what: "a listed network and another",
            yaml: opening(`${block("10.20.0.0/24")}, ${block("10.20.1.0/24")}`),
            config,
        },
        {
            what: "another port of a listed network",
            yaml: opening(block("10.20.0.0/24"), "{ port: 22 }"),
            config,
            names: /port 22/,
        },
        {
            what: "a range of ports from a listed one",
            yaml: opening(block("10.20.0.0/24"), "{ port: 5432, endPort: 5440 }"),
            config,
        },
        {
            what: "a listed network for other pods",
            yaml: opening(block("10.20.0.0/24"), "{ port: 5432 }", "shop", "carts"),
            config,
        },
        {
            what: "a network whose entry has expired",
            yaml: opening(block("10.20.0.0/24")),
            config: listing({ until: "2020-01-01" }),
            names: /expired on 2020-01-01/,
        },
        {
            what: "the same network without a list",
            yaml: opening(block("10.20.0.0/24")),
            config: { listedNetworksOnly: true },
        },
    ]);
});
