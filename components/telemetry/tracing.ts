/**
 * Which requests are tracingOf, and the tags of spans. The sampling decision is made where a trace begins: at the
 * gateway for external clients (`components/edge/sampling.ts`), otherwise at the sidecar of the service that makes
 * the first call. Every later proxy follows it, as long as services propagate `traceparent` and `x-request-id`.
 */
import type { Service } from "../../catalogue/model";
import { sampling } from "../../catalogue/query";
import type { MeshConfig } from "../../config/schema";
import { collectorOf } from "../shared/monitoring/collector";
import type { TelemetryManifest } from "../base/manifest";
import { MESH_TRACES, PROMETHEUS_ACCOUNT, PROMETHEUS_SERVICE } from "../base/names";
import { tenant } from "./dimensions";

type Tracing = NonNullable<TelemetryManifest["spec"]["tracing"]>;

/**
 * For a namespace: the provider of spans and their tags. Requests without a narrower sampling rate are not traced.
 *
 * @param tenantOf an expression for the request's tenant, if it is listed
 */
export function tracingOf(config: MeshConfig, tenantOf = tenant): { tracing?: Tracing } {
    if (collectorOf(config) === undefined) return {};
    const { tenants, tracing } = config.telemetry;
    const known = [...new Set([...tenants, ...Object.keys(tracing.samplingPercentByTenant)])];
    return {
        tracing: [
            {
                providers: [{ name: MESH_TRACES }],
                randomSamplingPercentage: 0,
                customTags: {
                    tenant: { formatter: { value: `%CEL(${tenantOf(known)})%` } },
                    // Envoy's default includes the query, which contains players' tokens, and has no length limit:
                    // clients would decide how much is stored.
                    "http.url": {
                        formatter: { value: "%REQ(:SCHEME)%://%REQ(:AUTHORITY):128%%PATH(NQ):256%" },
                    },
                    user_agent: { formatter: { value: "%REQ(USER-AGENT):128%" } },
                },
            },
        ],
    };
}

/** For a service: the sampling rate of traces that begin at its sidecar. */
export function samplingOf(service: Service, config: MeshConfig): { tracing?: Tracing } {
    if (collectorOf(config) === undefined) return {};
    return { tracing: [{ randomSamplingPercentage: sampling(service) }] };
}

/** The first release tenantOf proxies support these tags and the sampling by tenant. */
const MIN_VERSION = [1, 31] as const;

/** Names in the monitoring namespace that other workloads use. */
const RESERVED_NAMES: readonly string[] = ["grafana", "jaeger", PROMETHEUS_SERVICE.name, PROMETHEUS_ACCOUNT];

/** Reports mistakes in the stack's collector. */
export function collectorProblems(config: MeshConfig): string[] {
    const { telemetry, workloads, istio } = config;
    const { collector } = telemetry.tracing;
    if (collectorOf(config) === undefined) return [];
    return [
        ...(collector.from === "stand-in" && !workloads.standIns
            ? [
                  "telemetry.tracing.collector: from: stand-in needs the stand-ins' image, which the stack does not have (workloads.standIns); " +
                      "use a Service that accepts OTLP, or from: none",
              ]
            : []),
        ...(collector.from === "service" && RESERVED_NAMES.includes(collector.name)
            ? [
                  `telemetry.tracing.collector.name: ${collector.name} is another workload in monitoring; use another name`,
              ]
            : []),
        ...istio.revisions.flatMap(({ name, version }, position) => {
            const [major = 0, minor = 0] = version.split(".").map(Number);
            if (major > MIN_VERSION[0] || (major === MIN_VERSION[0] && minor >= MIN_VERSION[1])) return [];
            return [
                `istio.revisions.${position}: proxies of ${name} (${version}) would add queries, and the tokens in them, to spans; ` +
                    `set telemetry.tracing.collector: { from: none } until all revisions are ${MIN_VERSION.join(".")} or later`,
            ];
        }),
    ];
}
