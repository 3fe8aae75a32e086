/** Replicas with names and volumes of their own. */
import { peersName } from "../../catalogue/query";
import type { ImageSource } from "../../config/workloads";
import type { StatefulSetManifest } from "../base/manifest";
import type { Placement } from "../shared/pods/pools";
import { claimName } from "./container";
import { FIRST_VERSION, podSelector, podTemplate, type PodSource, workloadMetadata } from "./deployment";
import type { Workload } from "./workload";

export function statefulSet(
    workload: Workload,
    { volumes }: ImageSource,
    pods: PodSource,
    place: Placement,
): StatefulSetManifest {
    return {
        apiVersion: "apps/v1",
        kind: "StatefulSet",
        metadata: workloadMetadata(workload, FIRST_VERSION),
        spec: {
            replicas: workload.replicas,
            revisionHistoryLimit: 2,
            // Both are immutable, so they do not depend on `peers`, which can be added later. The Service exists only with
            // `peers`. Without it, the replicas have no names in DNS, and nothing else changes.
            serviceName: peersName(workload.name),
            // Replicas that need each other to become ready must start together. Updates are still one at a time.
            podManagementPolicy: "Parallel",
            selector: podSelector(workload, FIRST_VERSION),
            template: podTemplate(workload, FIRST_VERSION, pods, place),
            ...(volumes.length > 0
                ? {
                      volumeClaimTemplates: volumes.map(({ path, size, storageClass }) => ({
                          metadata: { name: claimName(path) },
                          spec: {
                              accessModes: ["ReadWriteOnce"],
                              ...(storageClass === undefined ? {} : { storageClassName: storageClass }),
                              resources: { requests: { storage: size } },
                          },
                      })),
                  }
                : {}),
        },
    };
}
