/** CPU and memory requests and limits of a container. */
import { z } from "zod";

const quantity = z
    .string()
    .regex(/^\d+(\.\d+)?(m|[KMGT]i?)?$/, "must be a Kubernetes quantity such as 100m or 128Mi");

export const resources = z
    .strictObject({
        cpu: quantity.default("100m"),
        memory: quantity.default("128Mi"),
        cpuLimit: quantity.default("2000m"),
        memoryLimit: quantity.default("1Gi"),
    })
    .describe("CPU and memory requests and limits of a container.");
