import type { Catalogue, Service } from "../../catalogue/model";
import { SLOW_AFTER, reachedHosts, servicesOf, slowAfter } from "../../catalogue/query";
import type { MeshConfig } from "../../config/schema";
import { collectorOf } from "../base/collector";
import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import { COMMON_LABELS, serviceSelector } from "../base/labels";
import type { TelemetryManifest } from "../base/manifest";
import { EGRESS_GATEWAY, NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";
import { atCallee, atCaller, atGateway } from "./access-log";
import { METHOD_CLASS, pathClass, tenant, tenantAtEgress } from "./dimensions";
import { counted, meshMetrics } from "./metrics";
import { stockEnvoyMetrics } from "./stock-envoy";
import { collectorProblems, sampled, traced } from "./tracing";

type Spec = TelemetryManifest["spec"];

export const telemetry: Concern = {
    name: "telemetry",
    derive: ({ catalogue, config }) => ({
        releases: [],
        objects: [
            ...telemetries(catalogue, config),
            // Without Istio's own filter the objects above say nothing of metrics.
            ...(config.istio.stockEnvoy ? stockEnvoyMetrics({ catalogue, config }) : []),
        ],
    }),
    check: ({ config }) => collectorProblems(config),
};

/** What holds for the mesh, for a namespace, and for one service: the narrower adds to the wider, or replaces it. */
function telemetries(catalogue: Catalogue, config: MeshConfig): TelemetryManifest[] {
    const whose = tenant(config.telemetry.tenants);
    return [
        telemetryOf("default", NAMESPACES.system, {
            accessLogging: [atCallee(SLOW_AFTER), atCaller()],
            metrics: [meshMetrics()],
        }),
        telemetryOf("default", NAMESPACES.services, {
            metrics: [counted("SERVER", { tenant: whose, method_class: METHOD_CLASS })],
            ...traced(config),
        }),
        telemetryOf("default", NAMESPACES.ingress, {
            accessLogging: [atGateway()],
            metrics: [counted("CLIENT", { tenant: whose })],
            ...traced(config),
        }),
        ...atEgress(catalogue, config),
        ...servicesOf(catalogue).map(([name, service]) => ofService(name, service, config)),
    ];
}

/** Of the gateway alone: for its namespace the log is said, beside what it is for. */
function atEgress(catalogue: Catalogue, config: MeshConfig): TelemetryManifest[] {
    if (collectorOf(config) === undefined || reachedHosts(catalogue).length === 0) return [];
    const selector = serviceSelector(EGRESS_GATEWAY);
    return [telemetryOf(EGRESS_GATEWAY, NAMESPACES.egress, { selector, ...traced(config, tenantAtEgress) })];
}

function ofService(name: string, service: Service, config: MeshConfig): TelemetryManifest {
    return telemetryOf(name, NAMESPACES.services, {
        selector: serviceSelector(name),
        accessLogging: [atCallee(slowAfter(service))],
        metrics: [counted("SERVER", { path_class: pathClass(service) })],
        ...sampled(service, config),
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

/** What is counted, logged and traced of requests, in as few series, lines and spans as are read. */
export class Telemetry extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(telemetry, platform, options);
    }
}
