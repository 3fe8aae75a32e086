/**
 * Checks the account's quotas: without this check, AWS rejects the first resource over a quota late in the deployment.
 */
import type { EksConfig, PoolConfig } from "../../config/cluster";
import { type PreflightIssue, type PreflightEnvironment, passed, failed } from "./model";

interface Quota {
    readonly what: string;
    readonly service: "ec2" | "vpc";
    readonly code: string;
    readonly needed: number;
    /** How many the account uses already. */
    readonly used: number;
}

export async function quotaIssues(
    config: EksConfig,
    { aws }: PreflightEnvironment,
    clusterExists: boolean,
): Promise<PreflightIssue[]> {
    const region = ["--region", config.region];
    const vcpus = await vcpusOf(config, aws);
    const count = async (list: string, ...args: string[]) =>
        ((await aws(...args, ...region)) as Record<string, unknown[]>)[list]?.length ?? 0;
    const quotas: Quota[] = [
        {
            what: "vCPUs of all nodes at maximum size",
            service: "ec2",
            code: "L-1216C47A",
            needed: vcpus,
            // Once the cluster exists, it uses the running vCPUs itself; AWS reports no sum for the others.
            used: 0,
        },
        // An existing cluster already has these.
        ...(clusterExists
            ? []
            : [
                  {
                      what: "Elastic IPs",
                      service: "ec2" as const,
                      code: "L-0263D0A3",
                      needed: config.natGateways === "single" ? 1 : config.zones.length,
                      used: await count("Addresses", "ec2", "describe-addresses"),
                  },
                  {
                      what: "VPCs",
                      service: "vpc" as const,
                      code: "L-F678F1CE",
                      needed: 1,
                      used: await count("Vpcs", "ec2", "describe-vpcs"),
                  },
              ]),
    ];
    return Promise.all(quotas.map((quota) => quotaIssue(quota, aws, region)));
}

async function quotaIssue(
    { what, service, code, needed, used }: Quota,
    aws: PreflightEnvironment["aws"],
    region: readonly string[],
): Promise<PreflightIssue> {
    const { Quota: quota } = (await aws(
        "service-quotas",
        "get-service-quota",
        ...["--service-code", service, "--quota-code", code],
        ...region,
    )) as { Quota: { Value: number } };
    const name = `quota ${code}`;
    const text = `${what}: ${needed} needed, ${used} used, ${quota.Value} allowed`;
    if (used + needed <= quota.Value) return passed(name, text);
    return failed(
        name,
        text,
        `request an increase: aws service-quotas request-service-quota-increase --service-code ${service} ` +
            `--quota-code ${code} --desired-value ${used + needed} ${region.join(" ")}`,
    );
}

/** @throws Error if the region does not offer an instance type */
async function vcpusOf({ pools, region }: EksConfig, aws: PreflightEnvironment["aws"]): Promise<number> {
    const all: PoolConfig[] = Object.values(pools);
    const names = [...new Set(all.map(({ instanceType }) => instanceType))].sort();
    const { InstanceTypes } = (await aws(
        "ec2",
        "describe-instance-types",
        ...["--instance-types", ...names],
        ...["--region", region],
    )) as { InstanceTypes: { InstanceType: string; VCpuInfo: { DefaultVCpus: number } }[] };
    const sizes = new Map(InstanceTypes.map((one) => [one.InstanceType, one.VCpuInfo.DefaultVCpus]));
    return all.reduce(
        (sum, { instanceType, zones, maxSize }) => sum + (sizes.get(instanceType) ?? 0) * zones * maxSize,
        0,
    );
}
