/** The objects of a service that runs from an image: a workload for each version, its disruption budget and autoscaler. */
import { getOwn } from "../../catalogue/order";
import { unknownCase } from "../../catalogue/never";
import type { ImageSource } from "../../config/workloads";
import { serviceSelector } from "../base/labels";
import type { Manifest } from "../base/manifest";
import type { Placement } from "../shared/pods/pools";
import { restrictedPod } from "../shared/pods/pod-security";
import { autoscaler, disruptionBudget, scales } from "./availability";
import { claimName, container, type Mount, servingContainer } from "./container";
import { deployment, FIRST_VERSION, type PodSource, type PodSpec } from "./deployment";
import { cronJob, job } from "./job";
import { statefulSet } from "./stateful-set";
import type { Workload } from "./workload";

/** The images of the service's versions, without digests. */
export function imageOf({ image, versions }: ImageSource, version: string): string | undefined {
    return version === FIRST_VERSION ? image : getOwn(versions, version);
}

/** @param pin adds an image's digest, if the stack has it */
export function imageObjects(
    workload: Workload,
    source: ImageSource,
    place: Placement,
    pin: (image: string) => string,
): Manifest[] {
    switch (source.kind) {
        case "Deployment":
            return [
                ...[FIRST_VERSION, ...workload.versions].flatMap((version) => {
                    const image = imageOf(source, version);
                    if (image === undefined) return [];
                    const pods = servingPods(workload, source, pin(image), "pod-template-hash");
                    const managed = workload.rolledOut || scales(workload, version);
                    const replicas = managed ? undefined : workload.replicas;
                    const object = deployment(workload, version, pods, place, replicas);
                    return [object, ...autoscaler(workload, version, object)];
                }),
                ...disruptionBudget(workload),
            ];
        case "StatefulSet": {
            const pods = servingPods(workload, source, pin(source.image), "controller-revision-hash");
            return [statefulSet(workload, source, pods, place), ...disruptionBudget(workload)];
        }
        case "CronJob":
            return [cronJob(workload, source, batchPods(workload, source, pin(source.image)), place)];
        case "Job":
            return [job(workload, source, batchPods(workload, source, pin(source.image)), place)];
        default:
            return unknownCase(source.kind);
    }
}

function servingPods(
    workload: Workload,
    source: ImageSource,
    image: string,
    revisionLabel: string,
): PodSource {
    const { user, metrics, volumes } = source;
    const mounts = [
        ...writableMounts(source),
        ...volumes.map(({ path }) => ({ name: claimName(path), mountPath: path })),
    ];
    return {
        user,
        metrics,
        terminationSeconds: terminationSeconds(source),
        container: servingContainer(workload, source, image, mounts),
        pod: {
            topologySpreadConstraints: [
                spread(workload, "topology.kubernetes.io/zone", revisionLabel),
                spread(workload, "kubernetes.io/hostname", revisionLabel),
            ],
            // A new volume belongs to root; the kubelet gives it to this group.
            ...(volumes.length > 0 ? { securityContext: { ...restrictedPod(user), fsGroup: user } } : {}),
            ...emptyVolumes(source),
        },
    };
}

/** Without probes and preStop: nothing sends requests to the pods, and they end by themselves. */
function batchPods(workload: Workload, source: ImageSource, image: string): PodSource {
    return {
        user: source.user,
        terminationSeconds: terminationSeconds(source),
        // Whatever the mesh's default: an ordinary sidecar would run on, and the job would never complete.
        annotations: { "sidecar.istio.io/nativeSidecar": "true" },
        container: container(workload, source, image, writableMounts(source)),
        pod: { restartPolicy: "Never", ...emptyVolumes(source) },
    };
}

function terminationSeconds({ drainSeconds, shutdownSeconds }: ImageSource): number {
    return drainSeconds + shutdownSeconds;
}

function writableMounts({ writablePaths }: ImageSource): Mount[] {
    return writablePaths.map((mountPath, index) => ({ name: `writable-${index}`, mountPath }));
}

function emptyVolumes(source: ImageSource): Partial<Pick<PodSpec, "volumes">> {
    const mounts = writableMounts(source);
    return mounts.length > 0 ? { volumes: mounts.map(({ name }) => ({ name, emptyDir: {} })) } : {};
}

/** Spreads the pods of one rollout, as far as nodes allow. */
function spread(
    { name }: Workload,
    topologyKey: string,
    revisionLabel: string,
): NonNullable<PodSpec["topologySpreadConstraints"]>[number] {
    return {
        maxSkew: 1,
        topologyKey,
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: serviceSelector(name),
        matchLabelKeys: [revisionLabel],
    };
}
