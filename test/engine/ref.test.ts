import assert from "node:assert/strict";
import * as fc from "fast-check";
import {
    deletionOrder,
    deletionStage,
    DELETION_STAGES,
    describeRef,
    keyOf,
    releaseRef,
} from "../../local/engine/ref";
import { anyEntry } from "./support/arbitrary";

describe("refs", () => {
    it("are equal for all versions of an API, and different for each group", () => {
        const ref = {
            apiVersion: "security.istio.io/v1beta1",
            kind: "PeerAuthentication",
            namespace: "sparc",
            name: "a",
        };
        assert.equal(keyOf(ref), keyOf({ ...ref, apiVersion: "security.istio.io/v1" }));
        assert.notEqual(keyOf(ref), keyOf({ ...ref, apiVersion: "v1" }));
        assert.notEqual(
            keyOf(releaseRef("sparc", "a")),
            keyOf({ ...releaseRef("sparc", "a"), apiVersion: "v1" }),
        );
    });

    it("are printed by kind, namespace and name", () => {
        assert.equal(
            describeRef({ apiVersion: "v1", kind: "Service", namespace: "sparc", name: "auth" }),
            "Service sparc/auth",
        );
        assert.equal(describeRef({ apiVersion: "v1", kind: "Namespace", name: "sparc" }), "Namespace sparc");
    });

    it("are deleted in stages, and the last applied first", () => {
        fc.assert(
            fc.property(fc.uniqueArray(anyEntry, { selector: keyOf }), (entries) => {
                const ordered = deletionOrder(entries);
                assert.deepEqual(new Set(ordered), new Set(entries));
                for (const [index, later] of ordered.entries()) {
                    for (const earlier of ordered.slice(0, index)) {
                        const stages = [earlier, later].map((ref) =>
                            DELETION_STAGES.indexOf(deletionStage(ref)),
                        );
                        assert.ok(stages[0]! <= stages[1]!);
                        if (stages[0] === stages[1])
                            assert.ok(entries.indexOf(earlier) > entries.indexOf(later));
                    }
                }
            }),
        );
    });

    it("delete pods before policies, and a namespace after the releases in it", () => {
        const namespace = { apiVersion: "v1", kind: "Namespace", name: "sparc" };
        const release = releaseRef("sparc", "gateway");
        const policy = {
            apiVersion: "security.istio.io/v1",
            kind: "AuthorizationPolicy",
            namespace: "sparc",
            name: "deny",
        };
        const deployment = { apiVersion: "apps/v1", kind: "Deployment", namespace: "sparc", name: "auth" };
        assert.deepEqual(deletionOrder([namespace, release, deployment, policy]), [
            deployment,
            policy,
            release,
            namespace,
        ]);
    });
});
