/** Where the pods of a stack's services come from: stand-ins, images, or workloads that another tool deploys. */
import { z } from "zod";
import { imageReference } from "./images";
import { resources } from "./resources";

const name = z
    .string()
    .max(63)
    .regex(
        /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/,
        "must be a Kubernetes name of lower-case letters, digits and hyphens, such as orders-api",
    );
const path = z.string().regex(/^\/[^\s?#]*$/, "must be a path, such as /healthz/ready");
const absolutePath = z
    .string()
    .regex(/^(\/[\w.-]+)+$/, "must be an absolute path without a trailing slash, such as /tmp");
const port = z.int().min(1024).max(65535);
const key = z
    .string()
    .max(253)
    .regex(/^[\w.-]+$/, "must be a key of a Secret or ConfigMap");
const version = z
    .string()
    .regex(
        /^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/,
        "must be the value of a pod's label `version`, such as v2",
    );

/** The sidecar's user: its traffic is not redirected. */
const SIDECAR_USER = 1337;

const timing = {
    periodSeconds: z.int().min(1).max(300).optional().describe("Seconds between two probes. Default: 10."),
    timeoutSeconds: z.int().min(1).max(60).optional().describe("Default: 5."),
    failureThreshold: z
        .int()
        .min(1)
        .max(600)
        .optional()
        .describe("Failed probes in a row that count as a failure. Default: 3."),
};
const probe = z.discriminatedUnion("type", [
    z.strictObject({
        type: z.literal("http").describe("Any status from 200 to 399 is a success."),
        port,
        path,
        ...timing,
    }),
    z.strictObject({
        type: z.literal("grpc").describe("By the gRPC health checking protocol."),
        port,
        service: z.string().min(1).optional().describe("The health service's name. Default: none."),
        ...timing,
    }),
    z.strictObject({ type: z.literal("tcp").describe("A connection is a success."), port, ...timing }),
    z.strictObject({
        type: z.literal("exec").describe("Exit code 0 is a success."),
        command: z.array(z.string()).min(1).describe("The program in the container, and its arguments."),
        ...timing,
    }),
    z.strictObject({ type: z.literal("none").describe("No probe.") }),
]);

const volume = z.strictObject({
    path: absolutePath,
    size: z
        .string()
        .regex(/^\d+(\.\d+)?[KMGT]i?$/, "must be a Kubernetes quantity such as 20Gi")
        .describe("The requested size, such as 20Gi."),
    storageClass: name.optional().describe("Default: the cluster's default class."),
});

/** Five fields of numbers, ranges, lists, steps and names. The API server parses it completely. */
const schedule = z
    .string()
    .regex(
        /^(@(hourly|daily|weekly|monthly|yearly)|[\w*/,?-]+( [\w*/,?-]+){4})$/,
        'must be a cron schedule of five fields, such as "15 3 * * *"',
    );

const environmentName = z
    .string()
    .regex(/^[A-Za-z_]\w*$/, "must be the name of an environment variable, such as LOG_LEVEL");
const references = z.record(environmentName, z.strictObject({ name, key })).default({});

/** What is served if the stack sets nothing else. Pods that run to their end have none of them. */
export const SERVED = {
    readiness: { type: "http", port: 8081, path: "/healthz/ready" },
    liveness: { type: "http", port: 8081, path: "/healthz/live" },
    metrics: { port: 8081, path: "/metrics" },
} as const;

const image = z.strictObject({
    from: z.literal("image").describe("The program creates a workload with this image."),
    kind: z
        .enum(["Deployment", "StatefulSet", "CronJob", "Job"])
        .default("Deployment")
        .describe(
            "`StatefulSet`: replicas with names and volumes of their own. `Job`: runs once for each change of its configuration. `CronJob`: runs by `schedule`. Jobs are services without ports.",
        ),
    schedule: schedule.optional().describe('Required for a CronJob: when it runs, such as "15 3 * * *".'),
    timeZone: z
        .string()
        .regex(/^[A-Za-z_]+(\/[\w+-]+)*$/, "must be a time zone such as Europe/Berlin")
        .optional()
        .describe("The time zone of `schedule`. Default: UTC."),
    retries: z
        .int()
        .min(0)
        .max(100)
        .optional()
        .describe("How often a failed pod of a Job or of a CronJob's run is replaced. Default: 3."),
    deadlineSeconds: z
        .int()
        .min(1)
        .optional()
        .describe("Seconds after which a Job, or a run of a CronJob, is stopped as failed. Default: none."),
    volumes: z
        .array(volume)
        .default([])
        .describe(
            "A StatefulSet's volumes: each replica keeps a PersistentVolumeClaim for each of them, by its path. A change replaces the StatefulSet, so that all replicas restart at the same time, and neither resizes nor deletes claims that exist.",
        ),
    image: imageReference.describe("The image of the first version, `v1`."),
    versions: z
        .record(version, imageReference)
        .default({})
        .describe("Images of the other versions in `traffic.services.<name>.versions`."),
    command: z.array(z.string()).min(1).optional().describe("Default: the image's entry point."),
    args: z.array(z.string()).min(1).optional().describe("Default: the image's."),
    user: z
        .int()
        .min(1)
        .max(2_147_483_647)
        .refine((user) => user !== SIDECAR_USER, {
            message: `must not be ${SIDECAR_USER}: the sidecar's user, whose traffic bypasses the mesh`,
        })
        .default(65532)
        .describe("The user and group ID of the process. Not 0 (root), not 1337 (the sidecar)."),
    resources: resources.prefault({}),
    environment: z
        .record(environmentName, z.string())
        .default({})
        .describe("Environment variables. Values are not secret: they are visible in the Deployment."),
    environmentFromSecrets: references.describe(
        "Environment variables from keys of Secrets in the services' namespace, which another tool creates.",
    ),
    environmentFromConfigMaps: references.describe(
        "Environment variables from keys of ConfigMaps in the services' namespace.",
    ),
    writablePaths: z
        .array(absolutePath)
        .default([])
        .describe("Paths with an empty, writable volume each. The rest of the file system is read-only."),
    readiness: probe.prefault(SERVED.readiness).describe("The readiness probe."),
    liveness: probe.prefault(SERVED.liveness).describe("The liveness probe."),
    startup: probe
        .optional()
        .describe("The startup probe, until whose success the others do not run. Default: none."),
    metrics: z
        .strictObject({ port, path })
        .prefault(SERVED.metrics)
        .describe("Where the application serves its Prometheus metrics. The sidecar adds its own to them."),
    drainSeconds: z
        .int()
        .min(0)
        .max(300)
        .default(5)
        .describe("Seconds that a terminating pod still accepts requests, while endpoints are removed."),
    shutdownSeconds: z
        .int()
        .min(1)
        .max(3600)
        .default(25)
        .describe("Seconds that the process has after that to complete its requests."),
});

const existing = z.strictObject({
    from: z
        .literal("existing")
        .describe(
            "Another tool deploys the workload. The program adds only what the mesh needs, by server-side apply.",
        ),
    kind: z.enum(["Deployment", "StatefulSet", "DaemonSet", "CronJob"]).default("Deployment"),
    name: name.optional().describe("The workload's name. Default: the service's."),
    version: version
        .optional()
        .describe("The value of the pods' label `version`. Default: the label is left as it is."),
    autoscaler: name
        .optional()
        .describe(
            "The workload's HorizontalPodAutoscaler, if Flagger rolls the service out. Flagger copies it for the primary. Default: none.",
        ),
});

const standIn = z.strictObject({
    from: z.literal("stand-in").describe("A program that answers for the service, as `standIns` deploys."),
});

const services = z
    .record(z.string(), z.discriminatedUnion("from", [standIn, image, existing]))
    .default({})
    .describe(
        "Where single services' pods come from, by the service's name in the catalogue. Default: a stand-in with `standIns: true`; otherwise nothing, and you deploy pods with the label `sparc.dev/service`.",
    );

export const workloads = z.discriminatedUnion("standIns", [
    z.strictObject({
        standIns: z.literal(true),
        image: imageReference.describe("The image of local/standin."),
        replicas: z
            .int()
            .min(1)
            .max(20)
            .optional()
            .describe("Replicas of each stand-in. Default: the catalogue's minimum."),
        services,
    }),
    z.strictObject({ standIns: z.literal(false), services }),
]);

export type WorkloadSource = z.infer<typeof services>[string];
export type ImageSource = Extract<WorkloadSource, { from: "image" }>;
export type ExistingSource = Extract<WorkloadSource, { from: "existing" }>;
export type ProbeConfig = z.infer<typeof probe>;
