/** An AWS account in which a stack is deployed and healthy, for preflight. */
import assert from "node:assert/strict";
import type { PreflightEnvironment } from "../../cli/preflight/model";

export const NAME_SERVERS = ["ns-1.awsdns-01.org", "ns-2.awsdns-02.com"];

export type Answers = Readonly<Record<string, unknown>>;

/** AWS responses for an account in which the stack is deployed and healthy. */
const WELL: Answers = {
    "sts get-caller-identity": { Account: "811122223333", Arn: "arn:aws:iam::811122223333:role/x" },
    "ec2 describe-availability-zones": {
        AvailabilityZones: ["a", "b", "c"].map((letter) => ({
            ZoneName: `eu-central-1${letter}`,
            State: "available",
        })),
    },
    "ec2 describe-instance-types": {
        InstanceTypes: [
            { InstanceType: "m7i.large", VCpuInfo: { DefaultVCpus: 2 } },
            { InstanceType: "m7i.2xlarge", VCpuInfo: { DefaultVCpus: 8 } },
            { InstanceType: "c7i.xlarge", VCpuInfo: { DefaultVCpus: 4 } },
        ],
    },
    "ec2 describe-addresses": { Addresses: [{}, {}] },
    "ec2 describe-vpcs": { Vpcs: [{}] },
    "service-quotas get-service-quota": { Quota: { Value: 1000 } },
    "logs describe-log-groups": { logGroups: [{ logGroupName: "/aws/eks/mesh/cluster-of-others" }] },
    "eks describe-cluster": { cluster: { endpoint: "https://x.eks.amazonaws.com", status: "ACTIVE" } },
    "route53 list-hosted-zones-by-name": {
        HostedZones: [{ Id: "/hostedzone/Z", Name: "mesh.acme.io." }],
    },
    "route53 get-hosted-zone": { DelegationSet: { NameServers: NAME_SERVERS } },
};

/** A response that is an Error is thrown. */
export function environment(
    different: Answers = {},
    more: Partial<PreflightEnvironment> = {},
): PreflightEnvironment {
    const answers = { ...WELL, ...different };
    return {
        aws: (...args) => {
            const answer = answers[args.slice(0, 2).join(" ")];
            if (answer === undefined) assert.fail(`unexpected call of aws ${args.join(" ")}`);
            return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
        },
        nameServers: () => Promise.resolve(NAME_SERVERS.map((name) => `${name}.`)),
        connect: () => Promise.resolve(),
        secretKeys: () => assert.fail("unexpected read of a Secret"),
        ...more,
    };
}

export const NOT_THERE = new Error(
    "An error occurred (ResourceNotFoundException): No cluster found for name: mesh.",
);
