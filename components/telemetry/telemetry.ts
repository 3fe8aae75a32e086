import type { Catalogue, Service } from "../../catalogue/model";
import {
    DEFAULT_LATENCY_THRESHOLD,
    reachableHosts,
    servicesOf,
    latencyThreshold,
} from "../../catalogue/query";
import type { MeshConfig } from "../../config/schema";
import { collectorOf } from "../shared/monitoring/collector";
import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import { COMMON_LABELS, serviceSelector } from "../base/labels";
import type { TelemetryManifest } from "../base/manifest";
import { EGRESS_GATEWAY, NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";
import { spanFlows } from "./flows";
import { atCallee, atCaller, atGateway } from "./access-log";
import { METHOD_CLASS, pathClass, tenant, tenantAtEgress } from "./dimensions";
import { requestCounter, meshMetrics } from "./metrics";
import { stockEnvoyMetrics } from "./stock-envoy";
import { collectorProblems, samplingOf, tracingOf } from "./tracing";

type Spec = TelemetryManifest["spec"];

export const telemetry: Concern = {
    name: "telemetry",
    derive: ({ catalogue, config }) => ({
        releases: [],
        objects: [
            ...telemetries(catalogue, config),
            // Without Istio's filter, the Telemetry resources above do not configure metrics.
            ...(config.istio.stockEnvoy ? stockEnvoyMetrics({ catalogue, config }) : []),
        ],
    }),
    flows: spanFlows,
    check: ({ config }) => collectorProblems(config),
};

/**
 * Telemetry for the mesh, for namespaces, and for single services: the narrower extends the wider, or replaces it.
 */
function telemetries(catalogue: Catalogue, config: MeshConfig): TelemetryManifest[] {
    const tenantLabel = tenant(config.telemetry.tenants);
    return [
        telemetryOf("default", NAMESPACES.system, {
            accessLogging: [atCallee(DEFAULT_LATENCY_THRESHOLD), atCaller()],
            metrics: [meshMetrics()],
        }),
        telemetryOf("default", NAMESPACES.services, {
            metrics: [requestCounter("SERVER", { tenant: tenantLabel, method_class: METHOD_CLASS })],
            ...tracingOf(config),
        }),
        telemetryOf("default", NAMESPACES.ingress, {
            accessLogging: [atGateway()],
            metrics: [requestCounter("CLIENT", { tenant: tenantLabel })],
            ...tracingOf(config),
        }),
        ...atEgress(catalogue, config),
        ...servicesOf(catalogue).map(([name, service]) => ofService(name, service, config)),
    ];
}

/** For the egress gateway only. `components/egress/egress.ts` declares its namespace's access log. */
function atEgress(catalogue: Catalogue, config: MeshConfig): TelemetryManifest[] {
    if (collectorOf(config) === undefined || reachableHosts(catalogue).length === 0) return [];
    const selector = serviceSelector(EGRESS_GATEWAY);
    return [
        telemetryOf(EGRESS_GATEWAY, NAMESPACES.egress, { selector, ...tracingOf(config, tenantAtEgress) }),
    ];
}

function ofService(name: string, service: Service, config: MeshConfig): TelemetryManifest {
    return telemetryOf(name, NAMESPACES.services, {
        selector: serviceSelector(name),
        accessLogging: [atCallee(latencyThreshold(service))],
        metrics: [requestCounter("SERVER", { path_class: pathClass(service) })],
        ...samplingOf(service, config),
    });
}

function telemetryOf(name: string, namespace: string, spec: Spec): TelemetryManifest {
    return {
        apiVersion: "telemetry.istio.io/v1",
        kind: "Telemetry",
        metadata: { name, namespace, labels: COMMON_LABELS },
        spec,
    };
}

/** Metrics, access logs and traces, limited to the series, lines and spans that are used. */
export class Telemetry extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(telemetry, platform, options);
    }
}
