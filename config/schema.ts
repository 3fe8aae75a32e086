/**
 * A stack's configuration: what may stand under `config:` in `Pulumi.<stack>.yaml`, with defaults. Strict: a key
 * that is not here is an error, so that a typo cannot silently leave a default in force.
 */
import { z } from "zod";
import { certificates } from "./certificates";
import { cluster } from "./cluster";
import { delivery } from "./delivery";
import { edge } from "./edge";
import { egress } from "./egress";
import { imageReference, images } from "./images";
import { istio } from "./istio";
import { network } from "./network";
import { resources } from "./resources";
import { observability, telemetry } from "./observability";
import { trafficSchema } from "./traffic";

const dnsName = z
    .string()
    .max(253)
    .regex(
        /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/,
        "must be a DNS name of two labels or more in lower case, such as mesh.example.com",
    );

const gateways = z.strictObject({
    replicas: z.int().min(1).max(100).default(3),
    service: z
        .enum(["LoadBalancer", "NodePort", "ClusterIP"])
        .default("LoadBalancer")
        .describe("the type of the entry gateways' Service"),
    resources: resources.default({ cpu: "500m", memory: "256Mi", cpuLimit: "2000m", memoryLimit: "1Gi" }),
});

const access = z.strictObject({
    dryRun: z
        .array(
            z
                .string()
                .regex(/^[a-z0-9-]+\/[a-z0-9.-]+$/, "must be <namespace>/<name> of an AuthorizationPolicy"),
        )
        .default([])
        .describe("policies that are not enforced, and whose would-be answers the proxies count"),
});

const workloads = z.discriminatedUnion("standIns", [
    z.strictObject({
        standIns: z.literal(true),
        image: imageReference.describe("the image of local/standin"),
        replicas: z
            .int()
            .min(1)
            .max(20)
            .optional()
            .describe("of each stand-in; the catalogue's minimum where absent"),
    }),
    z.strictObject({ standIns: z.literal(false) }),
]);

export const meshConfigSchema = z.strictObject({
    domain: dnsName.describe("the domain under which exposed hosts stand: api.<domain>"),
    trustDomain: dnsName.default("cluster.local").describe("the first part of every SPIFFE id"),
    protect: z.boolean().default(false).describe("refuse to delete what must not be lost"),
    cluster: cluster.default({ from: "kubeconfig" }),
    kubeconfig: z
        .string()
        .min(1)
        .optional()
        .describe("path of the kubeconfig of the cluster to deploy to; the environment's where absent"),
    context: z.string().min(1).optional().describe("the kubeconfig's context; its current one where absent"),
    network: network.prefault({}),
    istio: istio.prefault({}),
    certificates: certificates.prefault({}),
    sidecar: resources.prefault({}).describe("of every sidecar that the catalogue gives none of its own"),
    gateways: gateways.prefault({}),
    edge: edge.prefault({}),
    access: access.prefault({}),
    egress: egress.prefault({}),
    workloads: workloads.default({ standIns: false }),
    images: images.prefault({}),
    traffic: trafficSchema.prefault({}),
    delivery: delivery.prefault({}),
    telemetry: telemetry.prefault({}),
    observability: observability.prefault({}),
});

/** A stack's configuration, complete. */
export type MeshConfig = z.infer<typeof meshConfigSchema>;
