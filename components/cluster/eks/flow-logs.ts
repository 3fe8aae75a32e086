/** Flow logs of the VPC: every connection, accepted or rejected. */
import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup";
import { FlowLog } from "@pulumi/aws/ec2/flowLog";
import * as pulumi from "@pulumi/pulumi";
import type { EksConfig } from "../../../config/cluster";
import { documentOf, trustOf } from "./permissions/document";
import { registerRole } from "./role";

export interface FlowLogsArgs {
    readonly config: EksConfig;
    readonly vpcId: pulumi.Input<string>;
    /** Whether the stack cannot delete the logs. */
    readonly protect: boolean;
}

export class FlowLogs extends pulumi.ComponentResource {
    constructor(
        name: string,
        { config, vpcId, protect }: FlowLogsArgs,
        options: pulumi.ComponentResourceOptions,
    ) {
        super("sparc:cluster:FlowLogs", name, {}, options);
        const parent = { parent: this };
        const logs = new LogGroup(
            `${name}-group`,
            { name: `/aws/vpc/${config.name}/flow-logs`, retentionInDays: config.logRetentionDays },
            { ...parent, protect },
        );
        const { role, permissions } = registerRole(
            {
                name: `${name}-role`,
                trust: trustOf("vpc-flow-logs"),
                inline: {
                    write: documentOf({
                        Effect: "Allow",
                        Action: ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                        Resource: [logs.arn, pulumi.interpolate`${logs.arn}:*`],
                    }),
                },
            },
            this,
        );
        new FlowLog(
            `${name}-all`,
            {
                vpcId,
                trafficType: "ALL",
                logDestinationType: "cloud-watch-logs",
                logDestination: logs.arn,
                iamRoleArn: role.arn,
                maxAggregationInterval: 60,
                tags: { Name: config.name },
            },
            { ...parent, dependsOn: [...permissions] },
        );
        this.registerOutputs();
    }
}
