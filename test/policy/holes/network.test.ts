/** Networks and selectors that match everything (E01–E06). */
import assert from "node:assert/strict";
import fc from "fast-check";
import { itAccepts, violationMessages, itRejects } from "./assertions";

const policy = (spec: string, name = "carts"): string =>
    `{ apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: { name: ${name}, namespace: shop }, spec: { ${spec} } }`;
const PODS = "podSelector: { matchLabels: { app: carts } }";
const from = (peers: string, pods = PODS): string =>
    policy(`${pods}, policyTypes: [Ingress], ingress: [{ from: [${peers}], ports: [{ port: 8080 }] }]`);
const block = (cidr: string, except = ""): string => `{ ipBlock: { cidr: "${cidr}", except: [${except}] } }`;
const blocks = (cidrs: readonly string[]): string => cidrs.map((cidr) => block(cidr)).join(", ");
const listed = {
    exceptions: [
        {
            namespace: "shop",
            name: "carts",
            port: 8080,
            reason: "partners in every network",
            until: "2099-01-01",
        },
    ],
};

describe("networks of NetworkPolicies", () => {
    itRejects("network-cidr-size", [
        { what: "the whole VPC", yaml: from(block("10.96.0.0/16")) },
        {
            what: "the VPC in sixteen parts",
            yaml: from(blocks(Array.from({ length: 16 }, (_, index) => `10.96.${index * 16}.0/20`))),
        },
        {
            what: "the VPC in rules of one policy",
            yaml: policy(
                `${PODS}, ingress: [{ from: [${block("10.96.0.0/17")}], ports: [{ port: 1 }] }, { from: [${block("10.96.128.0/17")}], ports: [{ port: 2 }] }]`,
            ),
        },
        {
            what: "the VPC in policies for the same pods",
            yaml: ["10.96.0.0/20", "10.96.16.0/20", "10.96.32.0/20"]
                .map((cidr, index) =>
                    policy(
                        `${PODS}, ingress: [{ from: [${block(cidr)}], ports: [{ port: 1 }] }]`,
                        `p${index}`,
                    ),
                )
                .join("\n---\n"),
        },
        { what: "a /14 with a small exception", yaml: from(block("10.96.0.0/14", "10.96.0.0/16")) },
        { what: "an IPv6 /48", yaml: from(block("2001:db8::/48")) },
        {
            what: "private networks as destinations",
            yaml: policy(`${PODS}, egress: [{ to: [${block("10.0.0.0/12")}], ports: [{ port: 443 }] }]`),
        },
    ]);
    itAccepts("network-cidr-size", [
        { what: "a subnet", yaml: from(block("10.96.3.0/24")) },
        {
            what: "three subnets of load balancers",
            yaml: from(blocks(["10.96.224.0/24", "10.96.225.0/24", "10.96.226.0/24"])),
        },
        {
            what: "the same subnet repeated",
            yaml: from(blocks(Array<string>(40).fill("10.96.0.0/20"))),
        },
        {
            what: "a wide network reduced to a subnet by exceptions",
            yaml: from(block("10.96.0.0/16", "10.96.128.0/17, 10.96.64.0/18, 10.96.32.0/19")),
        },
        { what: "an IPv6 subnet", yaml: from(block("2001:db8::/64")) },
        { what: "a listed port", yaml: from(block("10.96.0.0/16")), config: listed },
    ]);

    it("rejects a network in any split and order", () => {
        const split = (address: number, bits: number, depth: number): string[] =>
            depth === 0 || bits === 32
                ? [
                      `${[24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".")}/${bits}`,
                  ]
                : [
                      ...split(address, bits + 1, depth - 1),
                      ...split(address + 2 ** (31 - bits), bits + 1, Math.max(0, depth - 2)),
                  ];
        fc.assert(
            fc.property(
                fc.integer({ min: 0, max: 255 }),
                fc.integer({ min: 8, max: 18 }),
                fc.integer({ min: 0, max: 6 }),
                fc.boolean(),
                (second, bits, depth, reversed) => {
                    const base = 10 * 2 ** 24 + second * 2 ** 16;
                    const aligned = Math.floor(base / 2 ** (32 - bits)) * 2 ** (32 - bits);
                    const parts = split(aligned, bits, depth);
                    if (reversed) parts.reverse();
                    assert.notDeepEqual(violationMessages("network-cidr-size", from(blocks(parts))), []);
                },
            ),
        );
    });
});

describe("selectors that match everything", () => {
    const peer = (
        pods: string,
        namespaces = "{ matchLabels: { kubernetes.io/metadata.name: web } }",
    ): string => from(`{ podSelector: ${pods}, namespaceSelector: ${namespaces} }`);
    itRejects("network-least-privilege", [
        {
            what: "a label that the injector sets",
            yaml: peer("{ matchLabels: { security.istio.io/tlsMode: istio } }"),
        },
        {
            what: "a label of every chart",
            yaml: peer("{ matchLabels: { app.kubernetes.io/managed-by: Helm } }"),
        },
        {
            what: "namespaces of the mesh",
            yaml: peer("{ matchLabels: { app: web } }", "{ matchLabels: { istio.io/rev: stable } }"),
        },
        {
            what: "namespaces of a Pod Security Standard",
            yaml: peer(
                "{ matchLabels: { app: web } }",
                "{ matchLabels: { pod-security.kubernetes.io/enforce: restricted } }",
            ),
        },
        {
            what: "an expression over such a label",
            yaml: peer("{ matchExpressions: [{ key: istio.io/rev, operator: In, values: [stable] }] }"),
        },
    ]);
    itAccepts("network-least-privilege", [
        {
            what: "a specific label together with a common one",
            yaml: peer("{ matchLabels: { app: web, security.istio.io/tlsMode: istio } }"),
        },
        {
            what: "namespaces of a team",
            yaml: peer("{ matchLabels: { app: web } }", "{ matchLabels: { team: web } }"),
        },
    ]);
    const web = "{ podSelector: { matchLabels: { app: web } } }";
    itRejects("network-pod-selector", [
        { what: "every pod of the namespace", yaml: from(web, "podSelector: {}") },
        {
            what: "no selector at all",
            yaml: from(web, "policyTypes: [Ingress]").replace(
                "policyTypes: [Ingress], policyTypes",
                "policyTypes",
            ),
        },
        {
            what: "all pods except one",
            yaml: from(
                web,
                "podSelector: { matchExpressions: [{ key: app, operator: NotIn, values: [x] }] }",
            ),
        },
        {
            what: "pods by a common label",
            yaml: from(web, "podSelector: { matchLabels: { security.istio.io/tlsMode: istio } }"),
        },
        {
            what: "egress for all pods under a listed name",
            yaml: policy(
                `podSelector: {}, egress: [{ to: [${block("0.0.0.0/0")}], ports: [{ port: 443 }] }]`,
            ),
            config: {},
        },
        {
            what: "a range that starts at a port that all pods need",
            yaml: policy(
                "podSelector: {}, egress: [{ to: [{ podSelector: { matchLabels: { a: b } } }], ports: [{ port: 53, endPort: 65535 }] }]",
            ),
        },
    ]);
    itAccepts("network-pod-selector", [
        {
            what: "DNS and istiod",
            yaml: policy(
                "podSelector: {}, egress: [{ to: [{ podSelector: { matchLabels: { k8s-app: kube-dns } } }], ports: [{ port: 53 }, { port: 15012 }] }]",
            ),
        },
        { what: "nothing", yaml: policy("podSelector: {}, policyTypes: [Ingress, Egress]") },
    ]);
});

describe("addresses of a ServiceEntry", () => {
    const entry = (addresses: readonly string[]): string =>
        `{ apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: { name: x, namespace: shop }, spec: { hosts: [api.example.com], addresses: ${JSON.stringify(addresses)}, ports: [{ number: 443, name: tls, protocol: TLS }] } }`;
    itRejects("egress-service-entries", [
        {
            what: "forty networks /16",
            yaml: entry(Array.from({ length: 40 }, (_, index) => `${20 + index}.0.0.0/16`)),
        },
        { what: "a network of a cloud's", yaml: entry(["3.0.0.0/8"]) },
    ]);
    itAccepts("egress-service-entries", [
        { what: "addresses", yaml: entry(["203.0.113.7", "2001:db8::7", "203.0.113.0/24"]) },
    ]);
});
