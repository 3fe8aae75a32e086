import assert from "node:assert/strict";
import { runProgram } from "../../support/program";

describe("the nodes' security group of stack prod", () => {
    it("allows egress only to nodes and pods, the API server, and the ports of external services", async () => {
        const rules = (await runProgram("prod"))
            .filter(({ type }) => type === "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")
            .map(
                ({ inputs: { securityGroupId, referencedSecurityGroupId, cidrIpv4, ipProtocol, ...more } }) =>
                    [
                        securityGroupId,
                        referencedSecurityGroupId ?? cidrIpv4,
                        ipProtocol,
                        more["fromPort"] ?? "all",
                        more["toPort"] ?? "all",
                    ].join(" "),
            );
        assert.deepEqual(rules.sort(), [
            "cluster-firewall-nodes-id 0.0.0.0/0 tcp 443 443",
            // The catalogue's mail relay.
            "cluster-firewall-nodes-id 0.0.0.0/0 tcp 465 465",
            "cluster-firewall-nodes-id cluster-firewall-nodes-id -1 all all",
            "cluster-firewall-nodes-id sg-api tcp 443 443",
        ]);
    });
});
