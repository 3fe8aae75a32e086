/** The nodes: for each pool and zone a managed node group, with the pool's launch template. */
import { LaunchTemplate } from "@pulumi/aws/ec2/launchTemplate";
import { NodeGroup } from "@pulumi/aws/eks/nodeGroup";
import { getParameter } from "@pulumi/aws/ssm/getParameter";
import * as pulumi from "@pulumi/pulumi";
import type { EksConfig, Pool, PoolConfig } from "../../../config/cluster";
import { causeOf, runError } from "../../base/run-error";
import { NOT_READY_KEY, POOL_KEY, TAINTED } from "../../shared/pods/pools";
import type { Network } from "./network";
import { trustOf } from "./permissions/document";
import { registerRole } from "./role";

export interface NodePoolsArgs {
    readonly config: EksConfig;
    readonly network: Network;
    readonly clusterName: pulumi.Input<string>;
    /** The nodes' security group. */
    readonly group: pulumi.Input<string>;
}

export class NodePools extends pulumi.ComponentResource {
    readonly groups: readonly NodeGroup[];
    /** The recommended releases, by architecture: one lookup, and one error, for all pools. */
    private readonly releases = new Map<string, pulumi.Output<string>>();

    constructor(name: string, args: NodePoolsArgs, options: pulumi.ComponentResourceOptions) {
        super("sparc:cluster:NodePools", name, {}, options);
        const { role, permissions } = registerRole(
            {
                name: `${name}-role`,
                trust: trustOf("ec2"),
                managed: [
                    "AmazonEKSWorkerNodePolicy",
                    "AmazonEC2ContainerRegistryPullOnly",
                    // The only access to a node is Session Manager, which logs the user.
                    ...(args.config.sessionManager ? ["AmazonSSMManagedInstanceCore"] : []),
                ],
            },
            this,
        );
        const pools = Object.entries(args.config.pools) as [Pool, PoolConfig][];
        this.groups = pools.flatMap(([pool, settings]) => {
            const template = this.template(name, pool, settings, args);
            const releaseVersion = this.releaseVersion(settings, args.config);
            // One zone after the other: Pulumi updates independent groups at once, and the gateways' drains, which their
            // PodDisruptionBudget allows one at a time, would exceed the 15 minutes of a node group (ADR 47).
            const groups: NodeGroup[] = [];
            for (const { letter, privateSubnet } of args.network.zones.slice(0, settings.zones)) {
                const previous = pool === "ingress" ? groups.slice(-1) : [];
                groups.push(
                    new NodeGroup(
                        `${name}-${pool}-${letter}`,
                        {
                            clusterName: args.clusterName,
                            nodeRoleArn: role.arn,
                            subnetIds: [privateSubnet.id],
                            version: args.config.version,
                            releaseVersion,
                            amiType: amiType(settings.instanceType),
                            instanceTypes: [settings.instanceType],
                            capacityType: "ON_DEMAND",
                            launchTemplate: {
                                id: template.id,
                                version: pulumi.output(template.latestVersion).apply(String),
                            },
                            scalingConfig: {
                                minSize: settings.minSize,
                                desiredSize: settings.minSize,
                                maxSize: settings.maxSize,
                            },
                            // New nodes start before old ones are drained.
                            updateConfig: { maxUnavailable: 1, updateStrategy: "DEFAULT" },
                            nodeRepairConfig: { enabled: true },
                            labels: { [POOL_KEY]: pool },
                            taints: taints(pool),
                        },
                        {
                            parent: this,
                            dependsOn: [...permissions, ...args.network.internetRoutes, ...previous],
                            // The autoscaler manages it after creation.
                            ignoreChanges: ["scalingConfig.desiredSize"],
                        },
                    ),
                );
            }
            return groups;
        });
        this.registerOutputs();
    }

    /**
     * The AMI's release. Without one, EKS takes the newest when it creates the group, and never replaces it: nodes would
     * get no security update until the next version of Kubernetes. An update replaces nodes as `updateConfig` says.
     */
    private releaseVersion(
        { instanceType }: PoolConfig,
        { amiReleaseVersion, version }: EksConfig,
    ): pulumi.Input<string> {
        if (amiReleaseVersion !== "latest") return amiReleaseVersion;
        const architecture = isArm(instanceType) ? "arm64" : "x86_64";
        const known = this.releases.get(architecture);
        if (known !== undefined) return known;
        const release = pulumi.output(
            recommendedRelease(version, architecture, (name) => getParameter({ name }, { parent: this })),
        );
        this.releases.set(architecture, release);
        return release;
    }

    private template(
        name: string,
        pool: Pool,
        { diskGiB }: PoolConfig,
        { config, group }: NodePoolsArgs,
    ): LaunchTemplate {
        const tags = { Name: `${config.name}-${pool}` };
        return new LaunchTemplate(
            `${name}-${pool}`,
            {
                namePrefix: `${config.name}-${pool}-`,
                vpcSecurityGroupIds: [group],
                metadataOptions: {
                    httpEndpoint: "enabled",
                    httpTokens: "required",
                    // Pods are one hop further away than the node, and use Pod Identity instead.
                    httpPutResponseHopLimit: 1,
                },
                blockDeviceMappings: [
                    {
                        deviceName: "/dev/xvda",
                        ebs: {
                            volumeType: "gp3",
                            volumeSize: diskGiB,
                            encrypted: "true",
                            deleteOnTermination: "true",
                        },
                    },
                ],
                tagSpecifications: ["instance", "volume"].map((resourceType) => ({ resourceType, tags })),
                updateDefaultVersion: true,
            },
            { parent: this },
        );
    }
}

/**
 * @param lookUp reads a public parameter, whose value is not secret
 * @throws RunError with what to allow
 */
export async function recommendedRelease(
    version: string,
    architecture: string,
    lookUp: (name: string) => Promise<{ readonly insecureValue: string }>,
): Promise<string> {
    const name = `/aws/service/eks/optimized-ami/${version}/amazon-linux-2023/${architecture}/standard/recommended/release_version`;
    try {
        return (await lookUp(name)).insecureValue;
    } catch (error) {
        throw runError(
            `cannot look up the recommended release of the EKS optimized AMI: ${causeOf(error)}\n` +
                `Allow ssm:GetParameter on ${name}, or set sparc-mesh:cluster.amiReleaseVersion to a release`,
        );
    }
}

/** Every pool runs pods in the mesh, and none may start before istio-cni can redirect its traffic. */
function taints(pool: Pool): { key: string; value: string; effect: string }[] {
    return [
        ...(TAINTED[pool] ? [{ key: POOL_KEY, value: pool, effect: "NO_SCHEDULE" }] : []),
        { key: NOT_READY_KEY, value: "true", effect: "NO_SCHEDULE" },
    ];
}

function amiType(instanceType: string): string {
    return isArm(instanceType) ? "AL2023_ARM_64_STANDARD" : "AL2023_x86_64_STANDARD";
}

/** Graviton instance types have a `g` after their generation: m7g.2xlarge. */
function isArm(instanceType: string): boolean {
    return /^[a-z]+\d+g/.test(instanceType);
}
