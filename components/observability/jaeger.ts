/** Jaeger from its maintained chart, as the collector of traces. */
import type { MeshConfig } from "../../config/schema";
import { JAEGER_CHART } from "../../config/versions";
import { JAEGER } from "../base/collector";
import { SERVICE_LABEL } from "../base/labels";
import type { Release } from "../base/manifest";
import { NAMESPACES } from "../base/names";
import { restrictedContainer, restrictedPod } from "../base/pod-security";
import { placement } from "../base/pools";

/** As the chart has it, and the image. */
const USER = 10001;

/**
 * One pod with the image's own configuration: OTLP in, a store in memory, and a page that nobody in the mesh may open
 * (`kubectl port-forward`). Two would each know half of the traces.
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
                jaeger: {
                    replicas: 1,
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
