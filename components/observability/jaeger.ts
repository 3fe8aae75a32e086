/** Jaeger from its maintained chart, as the trace collector. */
import type { MeshConfig } from "../../config/schema";
import { JAEGER_CHART } from "../../config/versions";
import { JAEGER } from "../shared/monitoring/collector";
import { SERVICE_LABEL } from "../base/labels";
import type { Release } from "../base/manifest";
import { NAMESPACES } from "../base/names";
import { restrictedContainer, restrictedPod } from "../shared/pods/pod-security";
import { placement } from "../shared/pods/pools";

/** The user of the chart and the image. */
const USER = 10001;

/**
 * With some ten spans each, none of which clients can make long (`components/telemetry/tracing.ts`): half of its
 * memory.
 */
const TRACES = 20_000;

/** The image's default configuration, with only the OTLP receiver and a bounded in-memory store. */
const CONFIGURATION = {
    service: {
        extensions: ["jaeger_storage", "jaeger_query", "healthcheckv2"],
        pipelines: {
            traces: { receivers: ["otlp"], processors: ["batch"], exporters: ["jaeger_storage_exporter"] },
        },
    },
    extensions: {
        healthcheckv2: { use_v2: true, http: { endpoint: "0.0.0.0:13133" } },
        jaeger_query: { storage: { traces: "memory" } },
        jaeger_storage: { backends: { memory: { memory: { max_traces: TRACES } } } },
    },
    receivers: { otlp: { protocols: { grpc: { endpoint: `0.0.0.0:${JAEGER.otlp}` } } } },
    processors: { batch: {} },
    exporters: { jaeger_storage_exporter: { trace_storage: "memory" } },
};

/**
 * One pod: OTLP, an in-memory store, and a UI that no workload in the mesh can reach (`kubectl port-forward`). With
 * two pods, each would have half of the traces.
 */
export function jaeger(config: MeshConfig): Release[] {
    if (config.telemetry.tracing.collector.from !== "chart") return [];
    return [
        {
            name: "jaeger",
            namespace: NAMESPACES.monitoring,
            chart: {
                from: "repository",
                repository: "https://jaegertracing.github.io/helm-charts",
                name: "jaeger",
                version: JAEGER_CHART,
            },
            values: {
                fullnameOverride: "jaeger",
                userconfig: CONFIGURATION,
                jaeger: {
                    replicas: 1,
                    extraEnv: [{ name: "GOMEMLIMIT", value: "1700MiB" }],
                    podLabels: { [SERVICE_LABEL]: JAEGER.name },
                    serviceAccount: { automountServiceAccountToken: false },
                    podSecurityContext: { ...restrictedPod(USER), fsGroup: USER },
                    securityContext: restrictedContainer(),
                    resources: {
                        requests: { cpu: "100m", memory: "512Mi" },
                        limits: { cpu: "1", memory: "2Gi" },
                    },
                    ...placement(config, "system"),
                },
            },
            after: [],
        },
    ];
}
