/** What keeps enough replicas of a service that runs from an image: its disruption budget and autoscaler. */
import { COMMON_LABELS, serviceSelector, SERVICE_LABEL } from "../base/labels";
import type {
    DeploymentManifest,
    HorizontalPodAutoscalerManifest,
    PodDisruptionBudgetManifest,
} from "../base/manifest";
import { FIRST_VERSION } from "./deployment";
import type { Workload } from "./workload";

/** The utilization of the application's CPU request, without its sidecar, at which replicas are added, in percent. */
const CPU_TARGET_PERCENT = 70;

/**
 * An eviction never takes more than one replica at a time. Absent for a single replica, whose eviction a budget would
 * only delay.
 */
export function disruptionBudget({ name, namespace, replicas }: Workload): PodDisruptionBudgetManifest[] {
    if (replicas < 2) return [];
    return [
        {
            apiVersion: "policy/v1",
            kind: "PodDisruptionBudget",
            metadata: { name, namespace, labels: { ...COMMON_LABELS, [SERVICE_LABEL]: name } },
            spec: {
                maxUnavailable: 1,
                selector: serviceSelector(name),
                // A pod that is not ready serves no requests, so it must not block the drain of its node.
                unhealthyPodEvictionPolicy: "AlwaysAllow",
            },
        },
    ];
}

/**
 * Scales the first version between the catalogue's limits. Under Flagger it also keeps a fixed number, because nothing
 * else sets one: Flagger copies it for the primary, and it does not scale a target that Flagger has scaled to 0.
 */
export function autoscaler(
    workload: Workload,
    version: string,
    { metadata: { name: deployed } }: DeploymentManifest,
): HorizontalPodAutoscalerManifest[] {
    if (!scales(workload, version)) return [];
    const { name, namespace, replicas, maxReplicas } = workload;
    return [
        {
            apiVersion: "autoscaling/v2",
            kind: "HorizontalPodAutoscaler",
            metadata: { name: deployed, namespace, labels: { ...COMMON_LABELS, [SERVICE_LABEL]: name } },
            spec: {
                scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: deployed },
                minReplicas: replicas,
                maxReplicas,
                metrics: [
                    {
                        // Of the container: the pod's utilization includes the sidecar's, whose request differs.
                        type: "ContainerResource",
                        containerResource: {
                            name: "cpu",
                            container: name,
                            target: { type: "Utilization", averageUtilization: CPU_TARGET_PERCENT },
                        },
                    },
                ],
            },
        },
    ];
}

export function scales({ replicas, maxReplicas, rolledOut }: Workload, version: string): boolean {
    return version === FIRST_VERSION && maxReplicas > (rolledOut ? 1 : replicas);
}
