/** The ingress gateways: their replicas, their Services, and how a gateway shuts down. */
import { z } from "zod";
import { resources } from "./resources";

const drain = z.strictObject({
    deregistrationDelaySeconds: z
        .int()
        .min(0)
        .max(3600)
        .default(120)
        .describe("The deregistration delay of the load balancers' target groups, in seconds."),
    preStopSeconds: z
        .int()
        .min(0)
        .max(3600)
        .default(180)
        .describe(
            "How long a terminating gateway behind a load balancer accepts new connections, in seconds.",
        ),
    connectionSeconds: z
        .int()
        .min(10)
        .max(3600)
        .default(420)
        .describe(
            "How long connections that are still open then have to end, in seconds. Streams must reconnect within this time.",
        ),
});

export const gateways = z.strictObject({
    replicas: z.int().min(1).max(100).default(3),
    serviceType: z
        .enum(["LoadBalancer", "NodePort", "ClusterIP"])
        .default("LoadBalancer")
        .describe("The type of the ingress gateways' Services."),
    resources: resources.default({ cpu: "500m", memory: "256Mi", cpuLimit: "2000m", memoryLimit: "1Gi" }),
    drain: drain.prefault({}).describe("The shutdown of an ingress gateway."),
});
