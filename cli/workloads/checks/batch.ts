/** Jobs and CronJobs. */
import { getOwn } from "../../../catalogue/order";
import { SERVICE_LABEL } from "../../../components/base/labels";
import { type Check, type Context, podPatch, type Workload } from "../model";

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

/** Only a service without ports is the identity of a job: the Service of any other leads its callers to the job's pods. */
export const batchCalls: Check = (workload, context) => {
    if (!isBatch(workload) || isJobService(workload, context)) return [];
    return [
        {
            severity: "warning",
            field: `metadata.labels.${SERVICE_LABEL}`,
            problem: `${whyNoIdentity(workload, context)}, so the mesh denies every call of its pods`,
            fix: "add it to the catalogue as a service without ports, with its calls; or let a service do what needs them",
        },
    ];
};

function whyNoIdentity({ service }: Workload, { platform: { catalogue } }: Context): string {
    if (service === undefined) return "it is no service of the catalogue";
    return getOwn(catalogue.services, service) === undefined
        ? `the catalogue has no service ${service}`
        : `${service} has ports, so that its identity is not for a job`;
}

/** Whether the workload is a job of a service that nothing can call. */
export function isJobService({ service }: Workload, { platform: { catalogue } }: Context): boolean {
    const found = service === undefined ? undefined : getOwn(catalogue.services, service);
    return found !== undefined && Object.keys(found.ports).length === 0;
}
