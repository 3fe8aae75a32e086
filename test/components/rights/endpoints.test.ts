import assert from "node:assert/strict";
import { platform as catalogue } from "../../../catalogue/platform";
import { deriveAll } from "../../../components/concerns";
import { testConfig } from "../../support/config";
import { type NetworkPolicy, allowsAddress } from "../../support/network";

/** Whether the NetworkPolicies of a stack in `region` allow the egress gateway to reach the VPC endpoints at port 443. */
function reachesEndpoints(region: string): boolean[] {
    const config = testConfig({
        domain: "a.example",
        cluster: { from: "eks", name: "mesh", region },
    });
    const policies = deriveAll({ catalogue, config }).objects.filter(
        ({ kind, metadata }) => kind === "NetworkPolicy" && metadata.name === "istio-egressgateway",
    ) as readonly NetworkPolicy[];
    assert.equal(policies.length, 1);
    return ["10.64.227.165", "10.64.227.200", "10.64.227.254"].map((address) =>
        policies.some((policy) => allowsAddress(policy, "egress", address, 443)),
    );
}

describe("the egress gateway and VPC endpoints", () => {
    // The catalogue's group aws names sts.us-east-1.amazonaws.com.
    it("reaches the endpoints if a declared host has a private DNS name there", () => {
        assert.deepEqual(reachesEndpoints("us-east-1"), [true, true, true]);
    });

    it("does not reach them if every declared host is in another region, so on the Internet", () => {
        assert.deepEqual(reachesEndpoints("eu-central-1"), [false, false, false]);
    });
});
