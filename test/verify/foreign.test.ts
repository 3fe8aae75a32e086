import assert from "node:assert/strict";
import type { KubeObject } from "../../cli/verify/drift/objects";
import { exitCode } from "../../cli/verify/report/model";
import { verifyCluster } from "../../cli/verify/verify";
import { clusterWith, options } from "./deployed";

describe("verifying a mesh with an object that is not the program's", () => {
    it("warns of a foreign policy that can only deny, and fails over one that allows, whoever it allows", async () => {
        const foreign = (rules: unknown, action = "ALLOW"): KubeObject => ({
            apiVersion: "security.istio.io/v1",
            kind: "AuthorizationPolicy",
            metadata: { name: "extra", namespace: "sparc" },
            spec: { action, rules },
        });
        const stranger = [{ from: [{ source: { principals: ["cluster.local/ns/other/sa/x"] } }] }];
        const found = (object: KubeObject, more: object = {}) =>
            verifyCluster(
                clusterWith((objects) => [...objects, object]),
                { ...options, ...more },
            );
        const denying = await found(foreign(stranger, "DENY"));
        assert.deepEqual([denying.differences.length, exitCode(denying)], [0, 0]);
        assert.deepEqual(
            denying.drift.map(({ state, text }) => [state, text]),
            [["foreign", "AuthorizationPolicy sparc/extra is not the program's: it denies x → all of sparc"]],
        );
        // No prober has the identity that it allows.
        const unseen = await found(foreign(stranger));
        assert.deepEqual([unseen.differences.length, exitCode(unseen)], [0, 1]);
        assert.deepEqual(
            unseen.drift.map(({ text }) => text),
            [
                "AuthorizationPolicy sparc/extra is not the program's and can widen access: it allows x → all of sparc",
            ],
        );
        const accepted = await found(foreign(stranger), { accept: ["AuthorizationPolicy/sparc/extra"] });
        assert.deepEqual([exitCode(accepted), accepted.drift.length, accepted.accepted.length], [0, 0, 1]);

        const open = await verifyCluster(
            clusterWith((objects) => [...objects, foreign([{}])]),
            options,
        );
        assert.equal(exitCode(open), 1);
        const answered = open.differences.filter(({ finding }) => finding.result.outcome === "answered");
        assert.ok(answered.length > 0);
        for (const { explanations } of answered) {
            assert.ok(
                explanations.includes(
                    "AuthorizationPolicy sparc/extra is not the program's and can widen access: it allows anyone → all of sparc",
                ),
            );
        }
    });
});
