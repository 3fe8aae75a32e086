import assert from "node:assert/strict";
import type { KubeObject } from "../../cli/lib/drift/objects";
import { exitCode } from "../../cli/verify/report/model";
import { verifyCluster } from "../../cli/verify/verify";
import { clusterWith, options } from "./deployed";

describe("verifying a mesh with a foreign object", () => {
    it("warns of a foreign policy that can only deny, and fails for one that allows any caller", async () => {
        const foreign = (rules: unknown, action = "ALLOW"): KubeObject => ({
            apiVersion: "security.istio.io/v1",
            kind: "AuthorizationPolicy",
            metadata: { name: "extra", namespace: "sparc" },
            spec: { action, rules },
        });
        const unknownPrincipal = [{ from: [{ source: { principals: ["cluster.local/ns/other/sa/x"] } }] }];
        const mismatchesOf = (object: KubeObject, more: object = {}) =>
            verifyCluster(
                clusterWith((objects) => [...objects, object]),
                { ...options, ...more },
            );
        const denying = await mismatchesOf(foreign(unknownPrincipal, "DENY"));
        assert.deepEqual([denying.mismatches.length, exitCode(denying)], [0, 0]);
        assert.deepEqual(
            denying.drift.map(({ state, text }) => [state, text]),
            [["foreign", "AuthorizationPolicy sparc/extra is a foreign object: it denies x → all of sparc"]],
        );
        // No prober has the allowed identity.
        const unseen = await mismatchesOf(foreign(unknownPrincipal));
        assert.deepEqual([unseen.mismatches.length, exitCode(unseen)], [0, 1]);
        assert.deepEqual(
            unseen.drift.map(({ text }) => text),
            [
                "AuthorizationPolicy sparc/extra is a foreign object and can widen access: it allows x → all of sparc",
            ],
        );
        const accepted = await mismatchesOf(foreign(unknownPrincipal), {
            accept: ["AuthorizationPolicy/sparc/extra"],
        });
        assert.deepEqual([exitCode(accepted), accepted.drift.length, accepted.accepted.length], [0, 0, 1]);

        const open = await verifyCluster(
            clusterWith((objects) => [...objects, foreign([{}])]),
            options,
        );
        assert.equal(exitCode(open), 1);
        const answered = open.mismatches.filter(
            ({ checkResult }) => checkResult.result.outcome === "answered",
        );
        assert.ok(answered.length > 0);
        for (const { explanations } of answered) {
            assert.ok(
                explanations.includes(
                    "AuthorizationPolicy sparc/extra is a foreign object and can widen access: it allows anyone → all of sparc",
                ),
            );
        }
    });

    it("fails for an object of each kind that can open something, even if no request shows it", async () => {
        const nowhere = { matchLabels: { app: "nowhere" } };
        const skipsRbac = {
            applyTo: "HTTP_FILTER",
            match: {
                listener: { filterChain: { filter: { subFilter: { name: "envoy.filters.http.rbac" } } } },
            },
            patch: { operation: "REMOVE" },
        };
        const opening: Readonly<Record<string, object>> = {
            AuthorizationPolicy: { selector: nowhere, rules: [{}] },
            EnvoyFilter: { workloadSelector: { labels: nowhere.matchLabels }, configPatches: [skipsRbac] },
            PeerAuthentication: { selector: nowhere, mtls: { mode: "PERMISSIVE" } },
            ServiceEntry: { hosts: ["evil.example"], ports: [{ number: 443, name: "tls", protocol: "TLS" }] },
            NetworkPolicy: { podSelector: nowhere, ingress: [{}] },
            Sidecar: { workloadSelector: { labels: nowhere.matchLabels }, egress: [{ hosts: ["*/*"] }] },
        };
        for (const [kind, spec] of Object.entries(opening)) {
            const object = { apiVersion: "v1", kind, metadata: { name: "extra", namespace: "sparc" }, spec };
            const report = await verifyCluster(
                clusterWith((objects) => [...objects, object]),
                options,
            );
            assert.equal(exitCode(report), 1, kind);
            assert.match(
                report.drift.map(({ text }) => text).join("\n"),
                new RegExp(`^${kind} sparc/extra is a foreign object and can widen access: it .+$`),
            );
        }
    });
});
