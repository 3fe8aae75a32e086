import assert from "node:assert/strict";
import { type Flow, type Pods, tcp, workload } from "../../components/base/flow";
import { policiesOf } from "../../components/network/policies";

const auth = workload("sparc", "auth");
const video = workload("sparc", "video");

function specs(isolated: readonly Pods[], ...flows: Flow[]): Record<string, unknown> {
    return Object.fromEntries(
        policiesOf(isolated, flows).map(({ metadata, spec }) => [
            `${metadata.namespace ?? ""}/${metadata.name}`,
            spec,
        ]),
    );
}

const labels = (name: string) => ({ matchLabels: { "sparc.dev/service": name } });
const inSparc = { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "sparc" } } };

describe("flows as NetworkPolicies", () => {
    it("allow a connection at both ends, once, and isolate workloads in both directions", () => {
        const call: Flow = { from: [video], to: [auth], ports: tcp(8080) };
        assert.deepEqual(specs([], call, call), {
            "sparc/video": {
                podSelector: labels("video"),
                policyTypes: ["Ingress", "Egress"],
                egress: [
                    {
                        to: [{ ...inSparc, podSelector: labels("auth") }],
                        ports: [{ port: 8080, protocol: "TCP" }],
                    },
                ],
            },
            "sparc/auth": {
                podSelector: labels("auth"),
                policyTypes: ["Ingress", "Egress"],
                ingress: [
                    {
                        from: [{ ...inSparc, podSelector: labels("video") }],
                        ports: [{ port: 8080, protocol: "TCP" }],
                    },
                ],
            },
        });
    });

    it("need no rule at an end without a policy, and cover only the directions of policies that do not isolate", () => {
        const all: Pods = { namespace: "sparc", policy: "metrics" };
        assert.deepEqual(specs([], { from: [{ namespace: "sparc" }], to: [all], ports: tcp(1) }), {
            "sparc/metrics": {
                podSelector: {},
                policyTypes: ["Ingress"],
                ingress: [{ from: [inSparc], ports: [{ port: 1, protocol: "TCP" }] }],
            },
        });
    });

    it("isolate pods without a flow", () => {
        assert.deepEqual(specs([{ namespace: "sparc", policy: "deny-all", isolated: true }]), {
            "sparc/deny-all": { podSelector: {}, policyTypes: ["Ingress", "Egress"] },
        });
    });

    it("allow nothing for addresses that are none, and everything for anyone", () => {
        const closed = specs(
            [],
            { from: [auth], to: [{ cidrs: [] }], ports: tcp(443) },
            { from: [{ cidrs: [] }], to: [auth], ports: tcp(443) },
        );
        assert.deepEqual(closed, {});
        const { ingress } = specs([], { from: ["anyone"], to: [auth], ports: tcp(443) })["sparc/auth"] as {
            readonly ingress: unknown;
        };
        assert.deepEqual(ingress, [{ ports: [{ port: 443, protocol: "TCP" }] }]);
    });

    it("do not include private addresses in the Internet", () => {
        const { egress } = specs([], { from: [auth], to: [{ cidrs: ["0.0.0.0/0"] }], ports: tcp(443) })[
            "sparc/auth"
        ] as { readonly egress: [{ readonly to: [{ readonly ipBlock: { readonly except: string[] } }] }] };
        for (const range of ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"])
            assert.ok(egress[0].to[0].ipBlock.except.includes(range), range);
    });

    it("of one policy must select the same pods", () => {
        assert.throws(
            () => specs([auth], { from: [{ ...auth, labels: { app: "auth" } }], to: [video], ports: tcp(1) }),
            /select different pods for the NetworkPolicy sparc\/auth/,
        );
    });
});
