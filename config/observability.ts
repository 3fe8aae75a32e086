/** Observability: the tenants with a label value in metrics, the trace collector and the source of Prometheus. */
import { z } from "zod";
import { secretName } from "./certificates";
import { imageReference } from "./images";
import { secret } from "./secrets";

const tenant = z
    .string()
    .max(63)
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, "must be a tenant's id of letters, digits, `.`, `_`, `-`")
    .refine((id) => id !== "other" && id !== "none", {
        message:
            "is reserved: other stands for all tenants that are not listed, none for requests without a tenant",
    });

const days = z.string().regex(/^\d+[hd]$/, "must be a duration such as 6h or 15d");

/**
 * The Secret that the program creates with the generated or configured password of Grafana's user `admin`. A Secret of
 * yours has another name: a change of `from` would otherwise overwrite or delete the one that Grafana reads.
 */
export const GRAFANA_ADMIN_SECRET = "grafana-admin-sparc-mesh";

const grafanaAdmin = z
    .discriminatedUnion("from", [
        z
            .strictObject({ from: z.literal("generated") })
            .describe("Pulumi generates the password. It is the secret output `grafanaPassword`."),
        z
            .strictObject({
                from: z.literal("config"),
                password: secret.describe(
                    "Encrypted in the stack's file: `pulumi config set --secret --path 'sparc-mesh:observability.prometheus.grafanaAdmin.password'`.",
                ),
            })
            .describe("The password is in the stack's configuration."),
        z
            .strictObject({
                from: z.literal("secret"),
                secret: secretName
                    .refine((name) => name !== GRAFANA_ADMIN_SECRET, {
                        message: `is the name of the Secret that the program itself creates, and deletes when this key is set: use another`,
                    })
                    .describe(
                        "A Secret in `monitoring` with admin-user and admin-password, which must exist before the deployment.",
                    ),
            })
            .describe("You create the Secret."),
    ])
    .default({ from: "generated" })
    .describe("The password of Grafana's user `admin`.");

const prometheus = z.discriminatedUnion("from", [
    z.strictObject({ from: z.literal("none") }),
    z
        .strictObject({
            from: z.literal("image"),
            image: imageReference,
            retention: days.default("6h"),
        })
        .describe("One pod, whose data is lost when it terminates."),
    z
        .strictObject({
            from: z.literal("chart"),
            retention: days.default("15d"),
            storage: z
                .string()
                .regex(/^\d+[GT]i$/, "must be a size such as 50Gi")
                .default("50Gi")
                .describe("The size of each replica's volume."),
            replicas: z.int().min(1).max(3).default(2),
            grafanaAdmin,
        })
        .describe("kube-prometheus-stack: the operator, Prometheus and Grafana."),
]);

/** Where proxies send spans: OTLP over gRPC, to a Service in the monitoring namespace. */
const collector = z.discriminatedUnion("from", [
    z.strictObject({ from: z.literal("none") }).describe("No tracing."),
    z
        .strictObject({ from: z.literal("chart") })
        .describe("Jaeger, installed from its chart: one pod, which keeps the last 20,000 traces in memory."),
    z
        .strictObject({
            from: z.literal("stand-in"),
            maxSpans: z
                .int()
                .min(100)
                .max(20_000)
                .default(20_000)
                .describe("The maximum number of spans that it keeps."),
        })
        .describe("One pod with the stand-ins' image, whose data is lost when it terminates."),
    z
        .strictObject({
            from: z.literal("service"),
            name: z
                .string()
                .regex(
                    /^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/,
                    "must be a Service's name such as jaeger-collector",
                )
                .describe(
                    "The name of a Service in `monitoring`, whose pods have it as the label `sparc.dev/service`.",
                ),
            port: z.int().min(1).max(65535).default(4317),
            egressHosts: z
                .array(
                    z
                        .string()
                        .regex(/^[a-z0-9-]+\/[a-z0-9.-]+$/, "must be <namespace>/<host>, as in a Sidecar"),
                )
                .default([])
                .describe("The hosts that its pods call, such as the store of their spans."),
        })
        .describe("Pods that the stack does not deploy, such as an existing Jaeger."),
]);

const tracing = z.strictObject({
    collector: collector.default({ from: "none" }),
    samplingPercentByTenant: z
        .record(
            tenant,
            z
                .number()
                .gt(0)
                .max(100)
                .refine((percent) => Number.isInteger(Number((percent * 100).toFixed(6))), {
                    message: "must have at most two decimals: Envoy's precision is a hundredth of a percent",
                }),
        )
        .refine((shares) => Object.keys(shares).length <= 50, { message: "must be at most 50 tenants" })
        .default({})
        .describe(
            "The minimum sampling rate of a tenant's requests, in percent. It applies where a service's rate is lower.",
        ),
});

export const telemetry = z.strictObject({
    tenants: z
        .array(tenant)
        .max(50)
        .default([])
        .describe("Tenants that are a separate label value in metrics. All others share one."),
    tracing: tracing.prefault({}),
});

export const observability = z.strictObject({
    prometheus: prometheus.default({ from: "none" }),
});
