import { COMMON_LABELS, labelValue, SERVICE_LABEL } from "../base/labels";
import type { DeploymentManifest } from "../base/manifest";
import type { Placement } from "../shared/pods/pools";
import { restrictedPod } from "../shared/pods/pod-security";
import { sidecarResources } from "../shared/pods/sidecar-resources";
import type { Workload } from "./workload";

type PodTemplate = NonNullable<DeploymentManifest["spec"]>["template"];
export type PodSpec = NonNullable<PodTemplate["spec"]>;
export type Container = PodSpec["containers"][number];

/** The version that every service has. */
export const FIRST_VERSION = "v1";

/** What the pods of one version of a workload consist of. */
export interface PodSource {
    readonly container: Container;
    /** The user and group ID of its process. */
    readonly user: number;
    /** Where the application serves its metrics. @default nowhere */
    readonly metrics?: { readonly port: number; readonly path: string };
    /** Seconds from the start of a pod's termination until it is killed. */
    readonly terminationSeconds: number;
    /** Annotations in addition to the sidecar's resources and the metrics. @default none */
    readonly annotations?: Readonly<Record<string, string>>;
    /** @default none */
    readonly pod?: Pick<
        PodSpec,
        "topologySpreadConstraints" | "volumes" | "restartPolicy" | "securityContext"
    >;
}

/** No two Deployments may select each other's pods. */
export function deploymentName(service: string, version: string): string {
    return version === FIRST_VERSION ? service : labelValue(`${service}-${version}`);
}

/**
 * A hardened Deployment of one version of a workload, whose pods are in the mesh with the workload's identity.
 *
 * @param replicas undefined if Flagger or an autoscaler manages the number
 */
export function deployment(
    workload: Workload,
    version: string,
    source: PodSource,
    place: Placement,
    replicas: number | undefined,
): DeploymentManifest {
    return {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: workloadMetadata(workload, version),
        spec: {
            ...(replicas === undefined ? {} : { replicas }),
            revisionHistoryLimit: 2,
            selector: podSelector(workload, version),
            template: podTemplate(workload, version, source, place),
        },
    };
}

/** The name, namespace and labels of one version's workload. */
export function workloadMetadata({ name: service, namespace }: Workload, version: string) {
    const name = deploymentName(service, version);
    return {
        name,
        namespace,
        labels: { ...COMMON_LABELS, app: name, version, [SERVICE_LABEL]: service },
    };
}

export function podSelector({ name }: Workload, version: string) {
    return { matchLabels: { app: deploymentName(name, version), [SERVICE_LABEL]: name } };
}

/** The pods of one version, with the workload's label and account. */
export function podTemplate(
    workload: Workload,
    version: string,
    { container, user, metrics, annotations = {}, terminationSeconds, pod = {} }: PodSource,
    place: Placement,
): PodTemplate {
    return {
        metadata: {
            labels: workloadMetadata(workload, version).labels,
            annotations: {
                ...sidecarResources(workload.sidecar),
                ...(metrics === undefined ? {} : scraping(metrics)),
                ...annotations,
            },
        },
        spec: {
            serviceAccountName: workload.name,
            ...place,
            automountServiceAccountToken: false,
            terminationGracePeriodSeconds: terminationSeconds,
            securityContext: restrictedPod(user),
            containers: [container],
            ...pod,
        },
    };
}

/** Makes the proxy's agent scrape the application's metrics and merge them with the proxy's. */
function scraping({ port, path }: NonNullable<PodSource["metrics"]>): Record<string, string> {
    return {
        "prometheus.io/scrape": "true",
        "prometheus.io/port": String(port),
        "prometheus.io/path": path,
    };
}
