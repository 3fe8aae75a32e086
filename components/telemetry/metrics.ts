/** The Istio metrics that proxies report, and their labels. */
import type { TelemetryManifest } from "../base/manifest";
import { IS_PROBE } from "./dimensions";

type Metrics = NonNullable<TelemetryManifest["spec"]["metrics"]>[number];
type Override = NonNullable<Metrics["overrides"]>[number];
type Tags = NonNullable<Override["tagOverrides"]>;

/** Labels that duplicate the information of two others. */
const UNUSED_LABELS = [
    ...["app", "canonical_revision", "canonical_service", "cluster", "principal", "version"].flatMap(
        (label) => [`source_${label}`, `destination_${label}`],
    ),
];

/** Labels that are removed from histograms, each of which has twenty series: only counters need them. */
const UNUSED_HISTOGRAM_LABELS = [
    "connection_security_policy",
    "grpc_response_status",
    "request_protocol",
    "response_flags",
];

const UNUSED_METRICS = [
    "REQUEST_SIZE",
    "RESPONSE_SIZE",
    "GRPC_REQUEST_MESSAGES",
    "GRPC_RESPONSE_MESSAGES",
] as const;

const PROBE: Tags = upserted({ probe: IS_PROBE });

/** For every proxy. */
export function meshMetrics(): Metrics {
    return {
        overrides: [
            { match: { metric: "ALL_METRICS" }, tagOverrides: without(UNUSED_LABELS) },
            { match: { metric: "REQUEST_COUNT" }, tagOverrides: PROBE },
            {
                match: { metric: "REQUEST_DURATION" },
                tagOverrides: { ...without(UNUSED_HISTOGRAM_LABELS), ...PROBE },
            },
            ...UNUSED_METRICS.map((metric): Override => ({ match: { metric }, disabled: true })),
        ],
    };
}

/** Adds labels (CEL by label) to request counters, at the callee's proxy or, for gateways, at the caller's. */
export function requestCounter(mode: "CLIENT" | "SERVER", labels: Readonly<Record<string, string>>): Metrics {
    return { overrides: [{ match: { metric: "REQUEST_COUNT", mode }, tagOverrides: upserted(labels) }] };
}

function upserted(labels: Readonly<Record<string, string>>): Tags {
    return Object.fromEntries(
        Object.entries(labels).map(([label, value]) => [label, { operation: "UPSERT", value }]),
    );
}

function without(labels: readonly string[]): Tags {
    return Object.fromEntries(labels.map((label) => [label, { operation: "REMOVE" }]));
}
