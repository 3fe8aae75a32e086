/** Whether the account may have what the stack asks for: AWS refuses the one node too many only when all else is there. */
import type { EksConfig, PoolConfig } from "../../config/cluster";
import { type Finding, type Surroundings, right, wrong } from "./model";

interface Quota {
    readonly what: string;
    readonly service: "ec2" | "vpc";
    readonly code: string;
    readonly needed: number;
    /** How many the account has already. */
    readonly used: number;
}

export async function quotaFindings(
    config: EksConfig,
    { aws }: Surroundings,
    isThere: boolean,
): Promise<Finding[]> {
    const region = ["--region", config.region];
    const vcpus = await vcpusOf(config, aws);
    const count = async (list: string, ...args: string[]) =>
        ((await aws(...args, ...region)) as Record<string, unknown[]>)[list]?.length ?? 0;
    const quotas: Quota[] = [
        {
            what: "vCPUs of its nodes, at most",
            service: "ec2",
            code: "L-1216C47A",
            needed: vcpus,
            // What runs is this cluster's own as soon as there is one; of others AWS gives no sum.
            used: 0,
        },
        // What the stack has counts no longer.
        ...(isThere
            ? []
            : [
                  {
                      what: "Elastic IPs",
                      service: "ec2" as const,
                      code: "L-0263D0A3",
                      needed: config.nat === "one" ? 1 : config.zones.length,
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
    return Promise.all(quotas.map((quota) => quotaFinding(quota, aws, region)));
}

async function quotaFinding(
    { what, service, code, needed, used }: Quota,
    aws: Surroundings["aws"],
    region: readonly string[],
): Promise<Finding> {
    const { Quota: found } = (await aws(
        "service-quotas",
        "get-service-quota",
        ...["--service-code", service, "--quota-code", code],
        ...region,
    )) as { Quota: { Value: number } };
    const name = `quota ${code}`;
    const text = `${what}: ${needed} needed, ${used} used, ${found.Value} allowed`;
    if (used + needed <= found.Value) return right(name, text);
    return wrong(
        name,
        text,
        `ask for more: aws service-quotas request-service-quota-increase --service-code ${service} ` +
            `--quota-code ${code} --desired-value ${used + needed} ${region.join(" ")}`,
    );
}

/** @throws Error if a type is not there in the region */
async function vcpusOf({ pools, region }: EksConfig, aws: Surroundings["aws"]): Promise<number> {
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
        (sum, { instanceType, zones, maximum }) => sum + (sizes.get(instanceType) ?? 0) * zones * maximum,
        0,
    );
}
