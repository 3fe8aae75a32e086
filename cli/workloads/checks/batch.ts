/** Jobs and CronJobs. */
import { type Check, podPatch, type Workload } from "../model";

export function isBatch({ kind }: Pick<Workload, "kind">): boolean {
    return kind === "Job" || kind === "CronJob";
}

const NATIVE = "sidecar.istio.io/nativeSidecar";

/** A sidecar that is an ordinary container runs on after the job's container has ended. */
export const completion: Check = (workload) => {
    if (!isBatch(workload) || workload.annotations[NATIVE]?.toLowerCase() !== "false") return [];
    return [
        {
            severity: "error",
            field: `metadata.annotations.${NATIVE}`,
            problem: "the sidecar is an ordinary container, which runs on, so the job never completes",
            fix: "remove it: the mesh's sidecars are native ones, which end with the job",
            patch: podPatch(workload, { metadata: { annotations: { [NATIVE]: null } } }),
        },
    ];
};

/** The catalogue has no identity for jobs, so the mesh denies what they call. */
export const batchCalls: Check = (workload) =>
    isBatch(workload)
        ? [
              {
                  severity: "warning",
                  field: "metadata.labels",
                  problem:
                      "the catalogue does not describe jobs, so the mesh denies every call of its pods to services and stores",
                  fix: "let a service of the catalogue do what needs calls, for example by a request to it",
              },
          ]
        : [];
