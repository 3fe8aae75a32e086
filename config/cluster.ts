/**
 * The cluster that a stack's mesh runs on: one that is there, or an EKS cluster that the stack makes, with its network,
 * its nodes and its domain's zone.
 */
import { z } from "zod";
import { ipv4Network } from "./networks";
import { EKS_VERSION } from "./versions";

const cidr = ipv4Network("198.51.100.0/24");

const region = z
    .string()
    .regex(/^[a-z]{2}(-[a-z]+)+-\d$/, "must be an AWS region's code such as eu-central-1")
    .describe("the AWS region");

const clusterName = z
    .string()
    .regex(
        /^[a-z][a-z0-9-]{0,39}$/,
        "must be a name of at most 40 of a-z, 0-9 and -, such as sparc-mesh-dev",
    );

const principal = z
    .string()
    .regex(
        /^arn:aws:iam::\d{12}:(role|user)\/.+$/,
        "must be the ARN of an IAM role or user, such as arn:aws:iam::111122223333:role/platform",
    );

/** Nodes of one kind. Each zone has a group of its own, so that every zone has its share and volumes stay reachable. */
const pool = (standard: { instanceType: string; minimum: number; maximum: number; diskGiB: number }) =>
    z
        .strictObject({
            instanceType: z
                .string()
                .regex(/^[a-z][a-z0-9-]*\.[a-z0-9-]+$/, "must be an instance type such as m7i.2xlarge")
                .default(standard.instanceType),
            zones: z
                .int()
                .min(1)
                .max(3)
                .default(3)
                .describe("in how many of the zones, the first ones, it has nodes"),
            minimum: z.int().min(1).max(100).default(standard.minimum).describe("nodes in each zone"),
            maximum: z.int().min(1).max(450).default(standard.maximum).describe("nodes in each zone"),
            diskGiB: z.int().min(20).max(16_384).default(standard.diskGiB),
        })
        .refine(({ minimum, maximum }) => minimum <= maximum, {
            message: "its minimum must be no more than its maximum",
            path: ["minimum"],
        })
        .prefault({});

/** Where the stack's images are, and where these registries send whoever pulls one. */
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
    account: z
        .string()
        .regex(/^\d{12}$/, "must be an AWS account's number, in quotes")
        .optional()
        .describe("nothing is done with credentials of another account"),
    version: z
        .string()
        .regex(/^1\.\d{2}$/, "must be a minor version of Kubernetes, in quotes")
        .default(EKS_VERSION),
    zones: z
        .array(z.string().regex(/^[a-z]$/, "must be a zone's letter"))
        .length(3, "must be three zones")
        .refine((letters) => new Set(letters).size === letters.length, "must be three different zones")
        .default(["a", "b", "c"])
        .describe("the letters of its availability zones"),
    network: z
        .cidrv4("must be a private /16")
        .regex(/^(10\.\d+|172\.(1[6-9]|2\d|3[01])|192\.168)\.0\.0\/16$/, "must be a private /16")
        .default("10.64.0.0/16"),
    nat: z
        .enum(["one", "each-zone"])
        .default("each-zone")
        .describe("gateways out; one is cheaper, and its zone takes all others with it"),
    api: z
        .strictObject({
            networks: z
                .array(cidr)
                .default([])
                .describe("who may reach the API server beside the nodes: the networks of a VPN, of runners"),
            tunnel: z
                .url({ protocol: /^https$/ })
                .optional()
                .describe("where it is reached through a tunnel, such as https://localhost:8443"),
        })
        .prefault({}),
    dns: z
        .strictObject({
            names: z
                .array(
                    z
                        .string()
                        .regex(
                            /^(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]+$/,
                            "must be a DNS name such as ghcr.io, or all below one such as *.quay.io",
                        ),
                )
                .default(REGISTRIES)
                .describe(
                    "names outside that nodes and pods may look up beside the catalogue's hosts, AWS' endpoints and the stack's " +
                        "domain: those of image registries by default",
                ),
        })
        .prefault({}),
    serviceRoles: z
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
            "the IAM role of each service that uses EKS Pod Identity (`aws: { podIdentity: true }` in the catalogue), by the service's name",
        ),
    networkPolicies: z
        .enum(["strict", "standard"])
        .default("strict")
        .describe(
            "what a pod may do before its NetworkPolicies are known on its node: strict lets it do nothing, standard everything",
        ),
    admins: z
        .array(principal)
        .default([])
        .describe("who may do everything in the cluster, beside whoever created it"),
    viewers: z
        .array(principal)
        .default([])
        .describe("who may read everything in the cluster except Secrets (group sparc-mesh:viewers)"),
    sessionManager: z
        .boolean()
        .default(false)
        .describe("people reach nodes, and through them the API server, by Session Manager"),
    bootstrapAdmin: z
        .boolean()
        .default(true)
        .describe(
            "whoever creates the cluster is its admin by that alone; EKS reads it at creation only. False where its role is one of admins",
        ),
    logDays: z
        .union([z.literal(30), z.literal(90), z.literal(365), z.literal(731)])
        .default(90)
        .describe("how long the control plane's logs are kept"),
    pools: z
        .strictObject({
            system: pool({ instanceType: "m7i.large", minimum: 1, maximum: 2, diskGiB: 50 }).describe(
                "istiod and what else the cluster needs; not tainted",
            ),
            mesh: pool({ instanceType: "m7i.2xlarge", minimum: 1, maximum: 4, diskGiB: 100 }).describe(
                "services and stores: the dedicated data plane",
            ),
            ingress: pool({ instanceType: "c7i.xlarge", minimum: 1, maximum: 4, diskGiB: 50 }).describe(
                "the gateways",
            ),
        })
        .prefault({}),
});

const existing = z.strictObject({
    from: z.literal("existing"),
    name: z.string().min(1).max(100).describe("the name of an EKS cluster"),
    region,
    pools: z
        .boolean()
        .default(false)
        .describe("its nodes are labelled and tainted as the pools that a stack makes (docs/cluster.md)"),
});

const kubeconfig = z.strictObject({
    from: z.literal("kubeconfig").describe("`kubeconfig` and `context` say which cluster"),
});

export const cluster = z.discriminatedUnion("from", [eks, existing, kubeconfig]);

/** The parameters of an EKS cluster that a stack makes. */
export type EksConfig = z.infer<typeof eks>;
/** Where an EKS cluster is that the stack did not make. */
export type ExistingConfig = z.infer<typeof existing>;
export type Pool = keyof EksConfig["pools"];
export type PoolConfig = EksConfig["pools"][Pool];
