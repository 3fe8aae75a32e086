/**
 * Variants of a hop's telemetry. Stock Envoy's metrics are EnvoyFilters (`components/telemetry/stock-envoy.ts`), its logs
 * Telemetry objects.
 */
import { MESH_LOG } from "../../components/base/names";
import { meshMetrics } from "../../components/telemetry/metrics";

/** An object in the cluster. */
export interface LiveObject {
    readonly apiVersion: string;
    readonly kind: string;
    readonly metadata: {
        readonly name: string;
        readonly namespace: string;
        readonly labels?: Readonly<Record<string, string>>;
        readonly annotations?: Readonly<Record<string, string>>;
    };
    readonly spec: Readonly<Record<string, unknown>>;
}

/** Removes fields that the server sets. */
export function applicable({ apiVersion, kind, metadata, spec }: LiveObject): LiveObject {
    const { name, namespace, labels, annotations } = metadata;
    return {
        apiVersion,
        kind,
        metadata: {
            name,
            namespace,
            ...(labels === undefined ? {} : { labels }),
            ...(annotations === undefined ? {} : { annotations }),
        },
        spec,
    };
}

/** No metrics, logs or traces. */
export function off(object: LiveObject): LiveObject {
    const { selector } = object.spec;
    const spec =
        object.kind === "Telemetry"
            ? {
                  selector,
                  accessLogging: [{ providers: [{ name: MESH_LOG }], disabled: true }],
                  tracing: [{ disableSpanReporting: true }],
              }
            : // An EnvoyFilter needs patches, so select no proxy instead.
              { ...object.spec, workloadSelector: { labels: { "mesh-bench": "none" } } };
    return { ...object, spec };
}

/**
 * All requests in the logs of both ends, and all of Istio's metrics with all of its labels, in addition to the program's
 * labels. Labels whose values only Istio's filter knows get placeholder values, because only their number matters.
 */
export function everything(object: LiveObject): LiveObject {
    if (object.kind === "Telemetry") {
        return { ...object, spec: { ...object.spec, accessLogging: [{ providers: [{ name: MESH_LOG }] }] } };
    }
    const patches = object.spec["configPatches"] as readonly Patch[];
    return { ...object, spec: { ...object.spec, configPatches: patches.map(untrimmed) } };
}

interface Stat {
    readonly name: string;
    readonly tags: readonly { readonly name: string; readonly value_format: string }[];
}

interface StatsLog {
    readonly counters?: readonly { readonly stat: Stat }[];
    readonly histograms?: readonly { readonly stat: Stat }[];
}

interface Patch {
    readonly patch: {
        readonly value: {
            readonly typed_config: { readonly access_log: readonly { readonly typed_config: StatsLog }[] };
        };
    };
}

const PEER = "%DOWNSTREAM_PEER_URI_SAN%";
const SELF = "%ENVIRONMENT(ISTIO_META_WORKLOAD_NAME)%";

/** The labels that the program removes. */
const TRIMMED = (meshMetrics().overrides ?? [])
    .filter(({ match }) => match?.metric === "ALL_METRICS")
    .flatMap(({ tagOverrides = {} }) => Object.keys(tagOverrides))
    .map((name) => ({ name, value_format: name.endsWith("_principal") ? PEER : SELF }));

function untrimmed(patch: Patch): Patch {
    const { value } = patch.patch;
    const access_log = value.typed_config.access_log.map((log) => ({
        ...log,
        typed_config: untrimmedLog(log.typed_config),
    }));
    const typed_config = { ...value.typed_config, access_log };
    return { ...patch, patch: { ...patch.patch, value: { ...value, typed_config } } };
}

function untrimmedLog(log: StatsLog): StatsLog {
    const count = log.counters?.find(({ stat }) => stat.name === "requests_total");
    // TCP metrics have no histograms, and their removed labels do not affect requests.
    if (count === undefined) return log;
    const tags = [...count.stat.tags, ...TRIMMED];
    const bytes = (name: string, value_format: string) => ({
        stat: { name, tags },
        unit: "Bytes",
        value_format,
    });
    return {
        ...log,
        counters: [{ ...count, stat: { ...count.stat, tags } }],
        histograms: [
            ...(log.histograms ?? []).map((one) => ({ ...one, stat: { ...one.stat, tags } })),
            bytes("request_bytes", "%BYTES_RECEIVED%"),
            bytes("response_bytes", "%BYTES_SENT%"),
        ],
    };
}
