/**
 * The cluster that the mesh runs on: an existing one, or an EKS cluster that the stack creates, with its VPC, its
 * nodes and the hosted zone of its domain.
 */
import { z } from "zod";
import { ipv4Network } from "./networks";
import { EKS_VERSION } from "./versions";

const cidr = ipv4Network("198.51.100.0/24");

const region = z
    .string()
    .regex(
        // The program's ARNs are of the partition `aws`.
        /^(?!(?:cn|us-gov|us-iso[a-z]*|eu-isoe)-)[a-z]{2}(-[a-z]+)+-\d$/,
        "must be the code of an AWS region such as eu-central-1, not of China, GovCloud or another partition",
    )
    .describe("The AWS region.");

const clusterName = z
    .string()
    .regex(
        /^[a-z][a-z0-9-]{0,39}$/,
        "must be a name of at most 40 of a-z, 0-9 and -, such as sparc-mesh-dev",
    );

const principalArn = z
    .string()
    .regex(
        /^arn:aws:iam::\d{12}:(role|user)\/.+$/,
        "must be the ARN of an IAM role or user, such as arn:aws:iam::111122223333:role/platform",
    );

/**
 * A node pool. It has one node group per availability zone, so that each zone has nodes and can attach its volumes.
 */
const pool = (defaults: { instanceType: string; minSize: number; maxSize: number; diskGiB: number }) =>
    z
        .strictObject({
            instanceType: z
                .string()
                .regex(/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/, "must be an instance type such as m7i.2xlarge")
                .default(defaults.instanceType),
            zones: z
                .int()
                .min(1)
                .max(3)
                .default(3)
                .describe(
                    "The number of availability zones, from the first on, in which the pool has nodes.",
                ),
            minSize: z
                .int()
                .min(1)
                .max(100)
                .default(defaults.minSize)
                .describe("The minimum number of nodes in each zone."),
            maxSize: z
                .int()
                .min(1)
                .max(450)
                .default(defaults.maxSize)
                .describe("The maximum number of nodes in each zone."),
            diskGiB: z.int().min(20).max(16_384).default(defaults.diskGiB),
        })
        .refine(({ minSize, maxSize }) => minSize <= maxSize, {
            message: "must not exceed maxSize",
            path: ["minSize"],
        })
        .prefault({});

/** The image registries of the default images, and the hosts to which they redirect pulls. */
const REGISTRIES = [
    "auth.docker.io",
    "production.cloudflare.docker.com",
    "registry-1.docker.io",
    "ghcr.io",
    "pkg-containers.githubusercontent.com",
    "quay.io",
    "*.quay.io",
    "registry.k8s.io",
    "*.pkg.dev",
    "public.ecr.aws",
    "*.cloudfront.net",
];

const eks = z.strictObject({
    from: z.literal("eks"),
    name: clusterName,
    region,
    accountId: z
        .string()
        .regex(/^\d{12}$/, "must be an AWS account ID, in quotes")
        .optional()
        .describe("The AWS account ID. The stack rejects credentials of any other account."),
    version: z
        .string()
        .regex(/^1\.\d{2}$/, "must be a minor version of Kubernetes, in quotes")
        .default(EKS_VERSION),
    amiReleaseVersion: z
        .string()
        .regex(
            /^(latest|1\.\d{2}\.\d+-\d{8})$/,
            "must be latest, or a release of the EKS optimized AMI such as 1.36.1-20261110",
        )
        .default("latest")
        .describe(
            "The release of the nodes' AMI. latest: each update replaces nodes that run an older release, one at a time in each node group.",
        ),
    zones: z
        .array(z.string().regex(/^[a-z]$/, "must be a zone's letter"))
        .length(3, "must be three zones")
        .refine((letters) => new Set(letters).size === letters.length, "must be three different zones")
        .default(["a", "b", "c"])
        .describe("The letters of the three availability zones."),
    vpcCidr: z
        .cidrv4("must be a private /16")
        .regex(/^(10\.\d+|172\.(1[6-9]|2\d|3[01])|192\.168)\.0\.0\/16$/, "must be a private /16")
        .default("10.64.0.0/16"),
    natGateways: z
        .enum(["single", "per-zone"])
        .default("per-zone")
        .describe(
            "NAT gateways. A single one costs less, but if its zone fails, no zone reaches the Internet.",
        ),
    api: z
        .strictObject({
            allowedCidrs: z
                .array(cidr)
                .default([])
                .describe(
                    "CIDR blocks, other than the nodes', from which the API server is reachable, such as those of a VPN or of CI runners.",
                ),
            tunnel: z
                .url({ protocol: /^https$/ })
                .optional()
                .describe("The URL of a tunnel to the API server, such as https://localhost:8443."),
        })
        .prefault({}),
    dns: z
        .strictObject({
            allowedDomains: z
                .array(
                    z
                        .string()
                        .regex(
                            /^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+$/,
                            "must be a DNS name such as ghcr.io, or a wildcard such as *.quay.io",
                        ),
                )
                .default(REGISTRIES)
                .describe(
                    "DNS names that nodes and pods can resolve in addition to the catalogue's hosts, AWS endpoints and the stack's " +
                        "domain. Default: those of the image registries.",
                ),
        })
        .prefault({}),
    podIdentityRoles: z
        .record(
            z.string(),
            z
                .string()
                .regex(
                    /^arn:aws:iam::\d{12}:role\/.+$/,
                    "must be the ARN of an IAM role, such as arn:aws:iam::111122223333:role/recordings",
                ),
        )
        .default({})
        .describe(
            "The IAM role of each service that uses EKS Pod Identity (`aws: { podIdentity: true }` in the catalogue), by the service's name.",
        ),
    networkPolicyEnforcingMode: z
        .enum(["strict", "standard"])
        .default("strict")
        .describe(
            "What the VPC CNI allows a new pod before its NetworkPolicies apply: nothing (strict) or everything (standard).",
        ),
    admins: z
        .array(principalArn)
        .default([])
        .describe("Cluster admins, in addition to the creator of the cluster."),
    viewers: z
        .array(principalArn)
        .default([])
        .describe(
            "Principals that can read everything in the cluster except Secrets (group sparc-mesh:viewers).",
        ),
    sessionManager: z
        .boolean()
        .default(false)
        .describe("Whether Session Manager gives access to nodes, and through them to the API server."),
    bootstrapClusterCreatorAdminPermissions: z
        .boolean()
        .default(true)
        .describe(
            "Whether the principal that creates the cluster becomes an admin. EKS reads this at creation only. Set it to false if that principal is one of admins.",
        ),
    logRetentionDays: z
        .union([z.literal(30), z.literal(90), z.literal(365), z.literal(731)])
        .default(90)
        .describe("Retention of the control plane's logs and the VPC's flow logs, in days."),
    pools: z
        .strictObject({
            system: pool({ instanceType: "m7i.large", minSize: 1, maxSize: 2, diskGiB: 50 }).describe(
                "Istiod and the cluster's other infrastructure; not reserved by a taint.",
            ),
            mesh: pool({ instanceType: "m7i.2xlarge", minSize: 1, maxSize: 4, diskGiB: 100 }).describe(
                "Services and stores: the dedicated data plane.",
            ),
            ingress: pool({ instanceType: "c7i.xlarge", minSize: 1, maxSize: 4, diskGiB: 50 }).describe(
                "The gateways.",
            ),
        })
        .prefault({}),
});

const existing = z.strictObject({
    from: z.literal("existing"),
    name: z.string().min(1).max(100).describe("The name of an EKS cluster."),
    region,
    pools: z
        .boolean()
        .default(false)
        .describe(
            "Whether the nodes have the labels and taints of the pools that a stack creates (docs/get-started/existing-cluster.md).",
        ),
});

const kubeconfig = z.strictObject({
    from: z.literal("kubeconfig").describe("The cluster that `kubeconfig` and `context` select."),
});

export const cluster = z.discriminatedUnion("from", [eks, existing, kubeconfig]);

/** The parameters of an EKS cluster that the stack creates. */
export type EksConfig = z.infer<typeof eks>;
/** An existing EKS cluster that the stack does not create. */
export type ExistingConfig = z.infer<typeof existing>;
export type Pool = keyof EksConfig["pools"];
export type PoolConfig = EksConfig["pools"][Pool];
