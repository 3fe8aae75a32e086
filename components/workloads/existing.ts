/** What the mesh needs of a workload that another tool deploys, as a server-side apply patch. */
import type { ExistingSource } from "../../config/workloads";
import { SERVICE_LABEL } from "../base/labels";
import type { PodTemplatePatch, WorkloadPatchManifest } from "../base/manifest";
import { PATCH_MANAGER } from "../base/names";
import { sidecarResources } from "../shared/pods/sidecar-resources";
import type { Workload } from "./workload";

type Adopted = Pick<Workload, "name" | "sidecarOverride">;

/**
 * Adds the service's label, its account, and where the catalogue sets them its sidecar's resources to the pods. It
 * never takes a field from another field manager: an apply that conflicts is rejected, so that releasing the workload
 * loses nothing that its owner set (ADR 51).
 */
export function adopt(
    workload: Adopted & Pick<Workload, "namespace">,
    source: ExistingSource,
): WorkloadPatchManifest {
    const { kind, name = workload.name } = source;
    const metadata = {
        name,
        namespace: workload.namespace,
        annotations: { "pulumi.com/patchFieldManager": PATCH_MANAGER },
    };
    const template = podTemplatePatch(workload, source);
    return kind === "CronJob"
        ? {
              apiVersion: "batch/v1",
              kind: "CronJobPatch",
              metadata,
              spec: { jobTemplate: { spec: { template } } },
          }
        : { apiVersion: "apps/v1", kind: `${kind}Patch`, metadata, spec: { template } };
}

/** What the patch sets in the workload's pod template. */
export function podTemplatePatch(
    { name: service, sidecarOverride }: Adopted,
    { version }: ExistingSource,
): PodTemplatePatch {
    return {
        metadata: {
            labels: { [SERVICE_LABEL]: service, ...(version === undefined ? {} : { version }) },
            ...(sidecarOverride === undefined ? {} : { annotations: sidecarResources(sidecarOverride) }),
        },
        spec: {
            serviceAccountName: service,
            // The API server copies the account to this deprecated field and back. Only what owns both can remove the
            // account again.
            serviceAccount: service,
        },
    };
}
