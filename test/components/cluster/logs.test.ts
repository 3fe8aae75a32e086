import assert from "node:assert/strict";
import { ACCOUNT } from "../../support/aws";
import { runProgram } from "../../support/program";

describe("flow logs and the S3 endpoint", () => {
    it("log connections, and allow only images and the account's buckets through the S3 endpoint", async () => {
        const all = await runProgram("prod");
        const of = (type: string) => all.filter((one) => one.type === type);
        const [log] = of("aws:ec2/flowLog:FlowLog");
        assert.equal(log?.inputs["trafficType"], "ALL");
        assert.equal(log.inputs["vpcId"], "cluster-network-vpc-id");
        assert.equal(
            log.inputs["logDestination"],
            "arn:aws:logs:eu-central-1:111122223333:log-group:/aws/vpc/sparc-mesh-prod/flow-logs",
        );
        const { Statement } = JSON.parse(
            String(all.find(({ name }) => name === "cluster-endpoints-s3")?.inputs["policy"]),
        ) as {
            Statement: { Effect: string; Action: string[]; Resource: string; Condition?: object }[];
        };
        assert.deepEqual(
            Statement.map(({ Effect, Action, Resource, Condition }) => [Effect, Action, Resource, Condition]),
            [
                ["Allow", ["s3:*"], "*", { StringEquals: { "aws:ResourceAccount": ACCOUNT } }],
                [
                    "Allow",
                    ["s3:GetObject"],
                    "arn:aws:s3:::prod-eu-central-1-starport-layer-bucket/*",
                    undefined,
                ],
            ],
        );
    });
});
