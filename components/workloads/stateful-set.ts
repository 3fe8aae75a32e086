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
    const hasPeers = workload.peers.length > 0;
    return {
        apiVersion: "apps/v1",
        kind: "StatefulSet",
        metadata: workloadMetadata(workload, FIRST_VERSION),
        spec: {
            replicas: workload.replicas,
            revisionHistoryLimit: 2,
            serviceName: hasPeers ? peersName(workload.name) : workload.name,
            // Replicas that need each other to become ready must start together.
            podManagementPolicy: hasPeers ? "Parallel" : "OrderedReady",
            selector: podSelector(workload, FIRST_VERSION),
            template: podTemplate(workload, FIRST_VERSION, pods, place),
            ...(volumes.length > 0
                ? {
                      volumeClaimTemplates: volumes.map(({ size, storageClass }, index) => ({
                          metadata: { name: claimName(index) },
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
