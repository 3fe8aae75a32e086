import assert from "node:assert/strict";
import { describeRef, keyOf, releaseRef } from "../../local/engine/ref";

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
});
