/** Which of Istio's metrics there are, and by what they are told apart. */
import type { TelemetryManifest } from "../base/manifest";
import { IS_PROBE } from "./dimensions";

type Metrics = NonNullable<TelemetryManifest["spec"]["metrics"]>[number];
type Override = NonNullable<Metrics["overrides"]>[number];
type Tags = NonNullable<Override["tagOverrides"]>;

/** Labels that say again, in other words, what two others say. */
const UNREAD_LABELS = [
    ...["app", "canonical_revision", "canonical_service", "cluster", "principal", "version"].flatMap(
        (label) => [`source_${label}`, `destination_${label}`],
    ),
];

/** Of a histogram, which is twenty series, also those that only counts are asked by. */
const UNREAD_OF_TIMES = [
    "connection_security_policy",
    "grpc_response_status",
    "request_protocol",
    "response_flags",
];

const UNREAD_METRICS = [
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
            { match: { metric: "ALL_METRICS" }, tagOverrides: without(UNREAD_LABELS) },
            { match: { metric: "REQUEST_COUNT" }, tagOverrides: PROBE },
            {
                match: { metric: "REQUEST_DURATION" },
                tagOverrides: { ...without(UNREAD_OF_TIMES), ...PROBE },
            },
            ...UNREAD_METRICS.map((metric): Override => ({ match: { metric }, disabled: true })),
        ],
    };
}

/** Counts of requests, where they are answered or, at a gateway, passed on, by further labels: CEL by label. */
export function counted(mode: "CLIENT" | "SERVER", labels: Readonly<Record<string, string>>): Metrics {
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
