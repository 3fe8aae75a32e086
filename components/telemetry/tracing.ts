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
import { MESH_TRACES } from "../base/names";
import { tenant } from "./dimensions";

type Tracing = NonNullable<TelemetryManifest["spec"]["tracing"]>;

/** For a namespace: where spans go, and what they tell. What no narrower share is said of is not traced. */
export function traced(config: MeshConfig): { tracing?: Tracing } {
    if (collectorOf(config) === undefined) return {};
    const { tenants, tracing } = config.telemetry;
    const known = [...new Set([...tenants, ...Object.keys(tracing.tenants)])];
    return {
        tracing: [
            {
                providers: [{ name: MESH_TRACES }],
                randomSamplingPercentage: 0,
                customTags: {
                    tenant: { formatter: { value: `%CEL(${tenant(known)})%` } },
                    // Envoy's own has the query, and players' tokens stand there.
                    "http.url": { formatter: { value: "%REQ(:SCHEME)%://%REQ(:AUTHORITY)%%PATH(NQ)%" } },
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

/** The collector that the program runs is a program of the stand-ins' image. */
export function collectorProblems({ telemetry, workloads }: MeshConfig): string[] {
    if (telemetry.tracing.collector.from !== "stand-in" || workloads.standIns) return [];
    return [
        "telemetry.tracing.collector: it is to be the stand-ins' own, of which the stack has no image (workloads.standIns); " +
            "name a Service that takes OTLP, or say from: nowhere",
    ];
}
