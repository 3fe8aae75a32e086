/**
 * The schema of a stack's configuration: the keys below `config:` in `Pulumi.<stack>.yaml`, with defaults. It is
 * strict: an unknown key is an error, so that a typo cannot silently leave a default in effect.
 */
import { z } from "zod";
import { certificates } from "./certificates";
import { cluster } from "./cluster";
import { delivery } from "./delivery";
import { edge } from "./edge";
import { egress } from "./egress";
import { gateways } from "./gateways";
import { images } from "./images";
import { istio } from "./istio";
import { network } from "./network";
import { resources } from "./resources";
import { observability, telemetry } from "./observability";
import { trafficSchema } from "./traffic";
import { workloads } from "./workloads";

const dnsName = z
    .string()
    .max(253)
    .regex(
        /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)+$/,
        "must be a DNS name of two labels or more in lower case, such as mesh.example.com",
    );

const access = z.strictObject({
    dryRun: z
        .array(
            z
                .string()
                .regex(/^[a-z0-9-]+\/[a-z0-9.-]+$/, "must be <namespace>/<name> of an AuthorizationPolicy"),
        )
        .default([])
        .describe(
            "AuthorizationPolicies in dry-run mode: proxies count their decisions and do not enforce them.",
        ),
});

export const meshConfigSchema = z.strictObject({
    domain: dnsName.describe("The domain of exposed hosts: api.<domain>."),
    trustDomain: dnsName
        .default("cluster.local")
        .describe("The trust domain: the first part of every SPIFFE ID."),
    protect: z
        .boolean()
        .default(false)
        .describe("Whether Pulumi refuses to delete resources that must not be lost."),
    cluster: cluster.default({ from: "kubeconfig" }),
    kubeconfig: z
        .string()
        .min(1)
        .optional()
        .describe("The path of the kubeconfig. Default: the environment's."),
    context: z.string().min(1).optional().describe("The kubeconfig's context. Default: the current one."),
    network: network.prefault({}),
    istio: istio.prefault({} as z.input<typeof istio>),
    certificates: certificates.prefault({}),
    sidecar: resources
        .prefault({})
        .describe("Resources of each sidecar, unless the catalogue sets the service's."),
    gateways: gateways.prefault({}),
    edge: edge.prefault({}),
    access: access.prefault({}),
    egress: egress.prefault({}),
    workloads: workloads.prefault({ standIns: false }),
    images: images.prefault({}),
    traffic: trafficSchema.prefault({}),
    delivery: delivery.prefault({}),
    telemetry: telemetry.prefault({}),
    observability: observability.prefault({}),
});

/** A stack's complete configuration, defaults included. */
export type MeshConfig = z.infer<typeof meshConfigSchema>;
