import { COMMON_LABELS, labelValue, SERVICE_LABEL } from "../base/labels";
import type { DeploymentManifest } from "../base/manifest";
import type { Placement } from "../shared/pods/pools";
import { restrictedPod } from "../shared/pods/pod-security";
import { sidecarResources } from "../shared/pods/sidecar-resources";
import type { Workload } from "./workload";

export type PodSpec = NonNullable<NonNullable<DeploymentManifest["spec"]>["template"]["spec"]>;
export type Container = PodSpec["containers"][number];

/** The version that every service has. */
export const FIRST_VERSION = "v1";

/** What the pods of one version of a workload consist of. */
export interface PodSource {
    readonly container: Container;
    /** The user and group ID of its process. */
    readonly user: number;
    /** Where the application serves its metrics. */
    readonly metrics: { readonly port: number; readonly path: string };
    /** Seconds from the start of a pod's termination until it is killed. */
    readonly terminationSeconds: number;
    /** Undefined if Flagger or an autoscaler manages the number. */
    readonly replicas: number | undefined;
    /** @default none */
    readonly pod?: Pick<PodSpec, "topologySpreadConstraints" | "volumes">;
}

/** No two Deployments may select each other's pods. */
export function deploymentName(service: string, version: string): string {
    return version === FIRST_VERSION ? service : labelValue(`${service}-${version}`);
}

/** A hardened Deployment of one version of a workload, whose pods are in the mesh with the workload's identity. */
export function deployment(
    { name: service, namespace, sidecar }: Workload,
    version: string,
    { container, user, metrics, terminationSeconds, replicas, pod = {} }: PodSource,
    place: Placement,
): DeploymentManifest {
    const name = deploymentName(service, version);
    const labels = { ...COMMON_LABELS, app: name, version, [SERVICE_LABEL]: service };
    return {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name, namespace, labels },
        spec: {
            ...(replicas === undefined ? {} : { replicas }),
            revisionHistoryLimit: 2,
            selector: { matchLabels: { app: name, [SERVICE_LABEL]: service } },
            template: {
                metadata: {
                    labels,
                    annotations: { ...sidecarResources(sidecar), ...scraping(metrics) },
                },
                spec: {
                    serviceAccountName: service,
                    ...place,
                    automountServiceAccountToken: false,
                    terminationGracePeriodSeconds: terminationSeconds,
                    securityContext: restrictedPod(user),
                    containers: [container],
                    ...pod,
                },
            },
        },
    };
}

/** Makes the proxy's agent scrape the application's metrics and merge them with the proxy's. */
function scraping({ port, path }: PodSource["metrics"]): Record<string, string> {
    return {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": String(port),
        "prometheus.io/path": path,
    };
}
