import type { MeshConfig } from "../../config/schema";
import { COMMON_LABELS, SERVICE_LABEL } from "../base/labels";
import type { DeploymentManifest } from "../base/manifest";
import { HEALTH_PORT, STAND_IN_CONTAINER } from "../base/names";
import { sortedEntries } from "../../catalogue/order";
import type { Placement } from "../base/pools";
import { restrictedContainer, restrictedPod } from "../base/pod-security";
import { sidecarResources } from "../base/sidecar-resources";
import type { Workload } from "./workload";

/** The user of stand-ins. Not 1337, the sidecar's: its traffic is not redirected and would bypass the mesh. */
const USER = 65532;

/** Seconds for which a terminating stand-in still responds, while endpoints are removed. */
const DRAIN_SECONDS = 5;

/** The version that every stand-in has. */
export const FIRST_VERSION = "v1";

/** Makes the proxy's agent scrape the application's metrics and merge them with the proxy's. */
const METRICS = {
    "prometheus.io/scrape": "true",
    "prometheus.io/port": String(HEALTH_PORT.number),
    "prometheus.io/path": "/metrics",
} as const;

/** A Deployment that responds on every port of `workload` in that port's protocol (local/standin). */
export function standIn(
    { name: service, namespace, ports, replicas, rolledOut, kpis, sidecar }: Workload,
    version: string,
    { image, replicas: override }: Extract<MeshConfig["workloads"], { standIns: true }>,
    place: Placement,
): DeploymentManifest {
    // No two Deployments may select each other's pods.
    const name = version === FIRST_VERSION ? service : `${service}-${version}`;
    const labels = { ...COMMON_LABELS, app: name, version, [SERVICE_LABEL]: service };
    const declaredPorts = sortedEntries(ports);
    return {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name, namespace, labels },
        spec: {
            // Flagger manages the replicas of a service that it rolls out; a number here would scale the old version
            // up again.
            ...(rolledOut ? {} : { replicas: override ?? replicas }),
            revisionHistoryLimit: 2,
            selector: { matchLabels: { app: name, [SERVICE_LABEL]: service } },
            template: {
                metadata: {
                    labels,
                    annotations: { ...sidecarResources(sidecar), ...METRICS },
                },
                spec: {
                    serviceAccountName: service,
                    ...place,
                    automountServiceAccountToken: false,
                    terminationGracePeriodSeconds: DRAIN_SECONDS + 25,
                    securityContext: restrictedPod(USER),
                    containers: [
                        {
                            name: STAND_IN_CONTAINER,
                            image,
                            args: [
                                "serve",
                                ...["--service", service],
                                ...["--version", version],
                                ...["--health", String(HEALTH_PORT.number)],
                                ...["--drain", `${DRAIN_SECONDS}s`],
                                ...kpis.flatMap((kpi) => ["--figure", kpi]),
                                ...declaredPorts.flatMap(([port, { protocol, number }]) => [
                                    "--port",
                                    `${port}:${protocol}:${number}`,
                                ]),
                            ],
                            ports: [
                                ...declaredPorts.map(([port, { number }]) => ({
                                    name: port,
                                    containerPort: number,
                                })),
                                { name: HEALTH_PORT.name, containerPort: HEALTH_PORT.number },
                            ],
                            readinessProbe: probe("/healthz/ready", 2),
                            livenessProbe: probe("/healthz/live", 10),
                            resources: {
                                requests: { cpu: "5m", memory: "16Mi" },
                                limits: { cpu: "500m", memory: "128Mi" },
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
    return { httpGet: { path, port: HEALTH_PORT.number }, periodSeconds, timeoutSeconds: 5 };
}
