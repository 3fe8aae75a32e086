/**
 * Which requests are traced, and what a span tells. Whether a request is traced is decided where its trace begins: at the
 * gateway for clients outside (`components/edge/sampling.ts`), else at the sidecar of the service that calls of its own.
 * Every later proxy keeps to that, as long as services hand on `traceparent` and `x-request-id`.
 */
import type { Service } from "../../catalogue/model";
import { sampling } from "../../catalogue/query";
import type { MeshConfig } from "../../config/schema";
import { collectorOf } from "../base/collector";
import type { TelemetryManifest } from "../base/manifest";
import { MESH_TRACES, PROMETHEUS_ACCOUNT, PROMETHEUS_SERVICE } from "../base/names";
import { tenant } from "./dimensions";

type Tracing = NonNullable<TelemetryManifest["spec"]["tracing"]>;

/**
 * For a namespace: where spans go, and what they tell. What no narrower share is said of is not traced.
 *
 * @param whose an expression for whose request it is, of those listed
 */
export function traced(config: MeshConfig, whose = tenant): { tracing?: Tracing } {
    if (collectorOf(config) === undefined) return {};
    const { tenants, tracing } = config.telemetry;
    const known = [...new Set([...tenants, ...Object.keys(tracing.tenants)])];
    return {
        tracing: [
            {
                providers: [{ name: MESH_TRACES }],
                randomSamplingPercentage: 0,
                customTags: {
                    tenant: { formatter: { value: `%CEL(${whose(known)})%` } },
                    // Envoy's own have the query, where players' tokens stand, and no end: clients say how much is kept.
                    "http.url": {
                        formatter: { value: "%REQ(:SCHEME)%://%REQ(:AUTHORITY):128%%PATH(NQ):256%" },
                    },
                    user_agent: { formatter: { value: "%REQ(USER-AGENT):128%" } },
                },
            },
        ],
    };
}

/** For a service: what share of the traces is kept that begin at its sidecar. */
export function sampled(service: Service, config: MeshConfig): { tracing?: Tracing } {
    if (collectorOf(config) === undefined) return {};
    return { tracing: [{ randomSamplingPercentage: sampling(service) }] };
}

/** The first release whose proxies write the tags as they are said, and have what decides for tenants. */
const SINCE = [1, 31] as const;

/** Names of the monitoring namespace that are somebody else's. */
const TAKEN: readonly string[] = ["grafana", "jaeger", PROMETHEUS_SERVICE.name, PROMETHEUS_ACCOUNT];

/** What a stack says of its collector and cannot have. */
export function collectorProblems(config: MeshConfig): string[] {
    const { telemetry, workloads, istio } = config;
    const { collector } = telemetry.tracing;
    if (collectorOf(config) === undefined) return [];
    return [
        ...(collector.from === "stand-in" && !workloads.standIns
            ? [
                  "telemetry.tracing.collector: it is to be the stand-ins' own, of which the stack has no image (workloads.standIns); " +
                      "name a Service that takes OTLP, or say from: nowhere",
              ]
            : []),
        ...(collector.from === "service" && TAKEN.includes(collector.name)
            ? [
                  `telemetry.tracing.collector.name: ${collector.name} is another workload's of monitoring; say another name`,
              ]
            : []),
        ...istio.revisions.flatMap(({ name, version }, position) => {
            const [major = 0, minor = 0] = version.split(".").map(Number);
            if (major > SINCE[0] || (major === SINCE[0] && minor >= SINCE[1])) return [];
            return [
                `istio.revisions.${position}: proxies of ${name} (${version}) would put queries, and the tokens in them, into spans; ` +
                    `say telemetry.tracing.collector: { from: nowhere } until all are ${SINCE.join(".")} or later`,
            ];
        }),
    ];
}
