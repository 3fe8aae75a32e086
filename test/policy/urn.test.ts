import assert from "node:assert/strict";
import { kindAndName, parseUrn, urnOfReference } from "../../policy/core/urn";

describe("a URN", () => {
    const child =
        "urn:pulumi:prod::sparc-mesh::sparc:mesh:Access$kubernetes:core/v1:Service::access-sparc-auth";

    it("has the type without the parents', and the name", () => {
        assert.deepEqual(parseUrn(child), { type: "kubernetes:core/v1:Service", name: "access-sparc-auth" });
        assert.deepEqual(parseUrn("urn:pulumi:prod::sparc-mesh::aws:eks/cluster:Cluster::cluster"), {
            type: "aws:eks/cluster:Cluster",
            name: "cluster",
        });
    });

    it("keeps `::` in the name", () => {
        const urn = "urn:pulumi:prod::sparc-mesh::random:index/randomId:RandomId::a::b:c";
        assert.deepEqual(parseUrn(urn), { type: "random:index/randomId:RandomId", name: "a::b:c" });
        assert.equal(kindAndName(urn), "RandomId a::b:c");
    });

    it("is named in messages by kind and name", () => {
        assert.equal(kindAndName(child), "Service access-sparc-auth");
    });

    it("of a provider is found in a reference, even if its name contains `::`", () => {
        const urn = "urn:pulumi:prod::sparc-mesh::pulumi:providers:aws::eu::central";
        assert.equal(urnOfReference(`${urn}::04da6b54-80e4-46f7-96ec-b56ff0331ba9`), urn);
        assert.equal(urnOfReference(""), "");
    });
});
