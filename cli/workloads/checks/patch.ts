/** Whether the stack's patch of an existing workload conflicts with a field that its owner sets. */
import { getOwn, sortedEntries } from "../../../catalogue/order";
import { SERVICE_LABEL } from "../../../components/base/labels";
import { podTemplatePatch } from "../../../components/workloads/existing";
import { type Check, type Draft, podPatch } from "../model";

/** Fields of the patch with checks of their own. */
const CHECKED: ReadonlySet<string> = new Set([`metadata.labels.${SERVICE_LABEL}`, "spec.serviceAccountName"]);

/** Server-side apply rejects a field that another manager sets to another value, and with it the deployment. */
export const patchedFields: Check = (workload, { platform: { catalogue, config } }) => {
    const { service, isAdopted } = workload;
    if (service === undefined || !isAdopted) return [];
    const source = getOwn(config.workloads.services, service);
    if (source?.from !== "existing") return [];
    const sidecarOverride = getOwn(catalogue.services, service)?.sidecar;
    const patch = podTemplatePatch({ name: service, sidecarOverride }, source);
    const actual = {
        metadata: { labels: workload.labels, annotations: workload.annotations },
        spec: workload.pod,
    };
    return leaves(patch, actual).flatMap(({ path, wanted, found }): Draft[] => {
        const field = path.join(".");
        if (CHECKED.has(field) || found === undefined || found === wanted) return [];
        return [
            {
                severity: "error",
                field,
                problem: `it is ${JSON.stringify(found)}, and the stack's patch sets "${wanted}": the deployment of the stack conflicts with it`,
                fix: "remove it, or set it to the patch's value",
                patch: podPatch(
                    workload,
                    path.reduceRight<object | string>((value, key) => ({ [key]: value }), wanted) as object,
                ),
            },
        ];
    });
};

interface Leaf {
    readonly path: readonly string[];
    readonly wanted: string;
    /** Undefined if the workload does not set it. */
    readonly found: unknown;
}

/** The texts of a patch, each with the workload's value. */
function leaves(patch: object, actual: unknown, path: readonly string[] = []): Leaf[] {
    return sortedEntries(patch as Readonly<Record<string, unknown>>).flatMap(([key, wanted]): Leaf[] => {
        const found = (actual as Readonly<Record<string, unknown>> | undefined)?.[key];
        const place = [...path, key];
        return typeof wanted === "object" && wanted !== null
            ? leaves(wanted, found, place)
            : [{ path: place, wanted: String(wanted), found }];
    });
}
