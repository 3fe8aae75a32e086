import assert from "node:assert/strict";
import { compare, isMismatch } from "../../cli/lib/drift/compare";
import type { KubeObject } from "../../cli/lib/drift/objects";

describe("comparing the kinds that decide", () => {
    it("fails for a change of each kind that decides, and for a missing object of it", () => {
        const annotated = (arn: string) => ({
            metadata: { name: "a", annotations: { "eks.amazonaws.com/role-arn": arn } },
        });
        const labelled = (revision: string) => ({
            metadata: { name: "a", labels: { "istio.io/rev": revision } },
        });
        // The kinds are listed here again: a kind that the program no longer compares must fail.
        const changes: readonly (readonly [kinds: string, program: object, live: object])[] = [
            [
                "AuthorizationPolicy PeerAuthentication RequestAuthentication Sidecar DestinationRule VirtualService " +
                    "Gateway ServiceEntry EnvoyFilter NetworkPolicy Telemetry ProxyConfig TrafficExtension WasmPlugin " +
                    "WorkloadEntry WorkloadGroup MutatingAdmissionPolicy Service Certificate Issuer ClusterIssuer",
                { spec: { selector: { app: "a" } } },
                { spec: { selector: { app: "b" } } },
            ],
            ["Namespace", labelled("1-31-1"), labelled("other")],
            ["ServiceAccount", annotated("arn:a"), annotated("arn:b")],
            ["Role ClusterRole", { rules: [{ verbs: ["get"] }] }, { rules: [{ verbs: ["*"] }] }],
            ["RoleBinding ClusterRoleBinding", { roleRef: { name: "a" } }, { roleRef: { name: "admin" } }],
            [
                "MutatingWebhookConfiguration",
                { webhooks: [{ failurePolicy: "Fail" }] },
                { webhooks: [{ failurePolicy: "Ignore" }] },
            ],
        ];
        for (const [kinds, program, live] of changes)
            for (const kind of kinds.split(" ")) {
                const made = (fields: object) =>
                    ({ apiVersion: "v1", kind, metadata: { name: "a" }, ...fields }) as KubeObject;
                const states = (current: readonly KubeObject[]) =>
                    compare([made(program)], current)
                        .filter(isMismatch)
                        .map(({ state }) => state);
                assert.deepEqual(states([made(program)]), [], kind);
                assert.deepEqual(states([made(live)]), ["changed"], kind);
                assert.deepEqual(states([]), ["missing"], kind);
            }
    });

    it("fails for a field that is added to a Certificate and changes what it proves, and for no field of cert-manager's", () => {
        const certificate = (more: object): KubeObject => ({
            apiVersion: "cert-manager.io/v1",
            kind: "Certificate",
            metadata: { name: "a", namespace: "istio-ingress" },
            spec: { secretName: "a", dnsNames: ["a.example.com"], ...more },
        });
        const changes = (more: object) =>
            compare([certificate({})], [certificate(more)]).map(({ text }) =>
                text.replace(/^.* was changed: /, ""),
            );
        for (const more of [
            { isCA: true },
            { uris: ["spiffe://cluster.local/ns/sparc/sa/auth"] },
            { ipAddresses: ["203.0.113.7"] },
            { emailAddresses: ["a@example.com"] },
            { commonName: "b.example.com" },
            { literalSubject: "CN=b" },
            { subject: { organizations: ["b"] } },
            { otherNames: [{ oid: "1.3.6.1.4.1.311.20.2.3", utf8Value: "b" }] },
            { usages: ["cert sign"] },
            { keystores: { pkcs12: { create: true } } },
        ]) {
            const [field = ""] = Object.keys(more);
            const [value] = Object.values(more) as unknown[];
            assert.deepEqual(changes(more), [
                `spec.${field} is ${JSON.stringify(value)} in the cluster and absent in the program`,
            ]);
        }
        assert.deepEqual(changes({ dnsNames: ["b.example.com"] }), [
            'spec.dnsNames[0] is "b.example.com" in the cluster and "a.example.com" in the program',
        ]);
        assert.deepEqual(changes({ revisionHistoryLimit: 1, privateKey: { rotationPolicy: "Always" } }), []);
    });
});
