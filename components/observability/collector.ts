/** The Service to which proxies send spans, and the default collector: a stand-in, in memory. */
import type { MeshConfig } from "../../config/schema";
import { type Collector, STAND_IN_COLLECTOR, collectorOf } from "../shared/monitoring/collector";
import { pinned } from "../shared/pods/images";
import { COMMON_LABELS, SERVICE_LABEL } from "../base/labels";
import type { DeploymentManifest, Manifest, ServiceManifest } from "../base/manifest";
import { NAMESPACES } from "../base/names";
import { placement } from "../shared/pods/pools";
import { restrictedContainer, restrictedPod } from "../shared/pods/pod-security";
import { sidecarResources } from "../shared/pods/sidecar-resources";
import { sidecar } from "./mesh";

const { name, otlp, health } = STAND_IN_COLLECTOR;
const USER = 65532;
const LABELS = { ...COMMON_LABELS, app: name, [SERVICE_LABEL]: name };
const METADATA = { name, namespace: NAMESPACES.monitoring, labels: LABELS };

/**
 * The Service and the Sidecar of the collector, whose pods have its label. Proxies and policies know its protocol
 * before it runs.
 */
export function collector(config: MeshConfig): Manifest[] {
    const target = collectorOf(config);
    if (target === undefined) return [];
    const source = config.telemetry.tracing.collector;
    const egressHosts = source.from === "service" ? source.egressHosts : [];
    return [
        service(target),
        sidecar(target.name, { [SERVICE_LABEL]: target.name }, egressHosts),
        ...standIn(config),
    ];
}

function service({ name: of, namespace, port }: Collector): ServiceManifest {
    return {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: of, namespace, labels: { ...COMMON_LABELS, [SERVICE_LABEL]: of } },
        spec: {
            type: "ClusterIP",
            selector: { [SERVICE_LABEL]: of },
            ports: [{ name: "otlp", port, targetPort: port, protocol: "TCP", appProtocol: "grpc" }],
        },
    };
}

/** Empty if the stack has another collector. */
function standIn(config: MeshConfig): Manifest[] {
    const { workloads, telemetry } = config;
    const collector = telemetry.tracing.collector;
    if (collector.from !== "stand-in" || !workloads.standIns) return [];
    return [
        { apiVersion: "v1", kind: "ServiceAccount", metadata: METADATA, automountServiceAccountToken: false },
        deployment(workloads.image, collector.maxSpans, config),
    ];
}

function deployment(image: string, spans: number, config: MeshConfig): DeploymentManifest {
    return {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: METADATA,
        spec: {
            replicas: 1,
            revisionHistoryLimit: 2,
            selector: { matchLabels: { app: name, [SERVICE_LABEL]: name } },
            template: {
                metadata: { labels: LABELS, annotations: sidecarResources(config.sidecar) },
                spec: {
                    serviceAccountName: name,
                    automountServiceAccountToken: false,
                    ...placement(config, "system"),
                    securityContext: restrictedPod(USER),
                    containers: [
                        {
                            name,
                            image: pinned(image, config),
                            args: [
                                "collect",
                                ...["--otlp", String(otlp)],
                                ...["--health", String(health)],
                                ...["--spans", String(spans)],
                            ],
                            ports: [{ name: "otlp", containerPort: otlp }],
                            readinessProbe: probe("/healthz/ready", 2),
                            livenessProbe: probe("/healthz/live", 10),
                            resources: {
                                requests: { cpu: "10m", memory: "32Mi" },
                                limits: { cpu: "500m", memory: "256Mi" },
                            },
                            securityContext: restrictedContainer(),
                        },
                    ],
                },
            },
        },
    };
}

function probe(path: string, periodSeconds: number) {
    return { httpGet: { path, port: health }, periodSeconds, timeoutSeconds: 5 };
}
