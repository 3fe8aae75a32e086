/** The EKS Pod Identity agent as a mesh host: only the agent, and no other link-local address. */
import { itAccepts, itRejects } from "./assertions";

const entry = (change: Readonly<Record<string, unknown>> = {}): string =>
    JSON.stringify({
        apiVersion: "networking.istio.io/v1",
        kind: "ServiceEntry",
        metadata: { name: "agent", namespace: "shop" },
        spec: {
            hosts: ["pod-identity.eks.internal"],
            addresses: ["169.254.170.23"],
            exportTo: ["."],
            location: "MESH_EXTERNAL",
            resolution: "STATIC",
            ports: [{ number: 80, name: "tcp", protocol: "TCP" }],
            endpoints: [{ address: "169.254.170.23" }],
            ...change,
        },
    });
const GATEWAY = JSON.stringify({
    apiVersion: "networking.istio.io/v1",
    kind: "Gateway",
    metadata: { name: "out", namespace: "egress" },
    spec: {
        selector: { istio: "egress" },
        servers: [
            {
                port: { number: 443, name: "tls", protocol: "TLS" },
                hosts: ["egress/a.example.com"],
                tls: { mode: "ISTIO_MUTUAL" },
            },
        ],
    },
});

const OTHERS = [
    {
        what: "the instance metadata service",
        change: { addresses: ["169.254.169.254"], endpoints: [{ address: "169.254.169.254" }] },
    },
    {
        what: "the instance metadata service in addition to the agent",
        change: { endpoints: [{ address: "169.254.170.23" }, { address: "169.254.169.254" }] },
    },
    { what: "the credentials of ECS tasks", change: { endpoints: [{ address: "169.254.170.2" }] } },
    {
        what: "another port of the agent's address",
        change: { ports: [{ number: 2703, name: "tcp", protocol: "TCP" }] },
    },
    {
        what: "another port behind port 80",
        change: { ports: [{ number: 80, targetPort: 22, name: "tcp", protocol: "TCP" }] },
    },
    { what: "the agent for every namespace", change: { exportTo: ["*"] } },
    { what: "the range of the agent", change: { addresses: ["169.254.170.0/24"] } },
    { what: "a second host", change: { hosts: ["pod-identity.eks.internal", "api.example.com"] } },
    { what: "the name of a Service", change: { hosts: ["carts.shop.svc.cluster.local"] } },
    { what: "the short name of a Service", change: { hosts: ["carts.shop.svc"] } },
    {
        what: "HTTP that proxies parse",
        change: { ports: [{ number: 80, name: "http", protocol: "HTTP" }] },
    },
    { what: "a port without a protocol", change: { ports: [{ number: 80, name: "tcp" }] } },
    { what: "the agent as a part of the mesh", change: { location: "MESH_INTERNAL" } },
    { what: "no location", change: { location: undefined } },
    { what: "an address that Istio chooses", change: { addresses: [] } },
    {
        what: "an account of the endpoint",
        change: { endpoints: [{ address: "169.254.170.23", serviceAccount: "carts" }] },
    },
    { what: "names of certificates", change: { subjectAltNames: ["spiffe://mesh/ns/shop/sa/carts"] } },
];

describe("the EKS Pod Identity agent as a ServiceEntry", () => {
    itAccepts("egress-service-entries", [{ what: "the agent for one namespace", yaml: entry() }]);
    itAccepts("egress-through-gateway", [
        { what: "the agent in a mesh with an egress gateway", yaml: `${GATEWAY}\n---\n${entry()}` },
    ]);
    itAccepts("egress-external-tls", [{ what: "the agent, which speaks no TLS", yaml: entry() }]);
    itRejects("egress-external-tls", [
        { what: "plaintext to another address", yaml: entry({ endpoints: [{ address: "198.51.100.7" }] }) },
    ]);
    itRejects(
        "egress-service-entries",
        OTHERS.map(({ what, change }) => ({ what, yaml: entry(change) })),
    );
    itRejects("egress-through-gateway", [
        {
            what: "another host in a mesh with an egress gateway",
            yaml: `${GATEWAY}\n---\n${entry({ addresses: [], endpoints: [{ address: "198.51.100.7" }] })}`,
        },
    ]);
});
