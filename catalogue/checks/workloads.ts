/** What a service's workload is given. */

import type { Catalogue, Resources } from "../model";
import { sortedEntries } from "../order";
import type { Problem } from "./problem";

const CPU = /^(\d+m|\d+(\.\d{1,3})?)$/;
const MEMORY = /^\d+(\.\d+)?(k|M|G|T|Ki|Mi|Gi|Ti)?$/;

const FORMS: Readonly<Record<keyof Resources, RegExp>> = {
    cpu: CPU,
    memory: MEMORY,
    cpuLimit: CPU,
    memoryLimit: MEMORY,
};

/** Replicas that are no number of replicas, and sidecars' resources that are no quantities. */
export function checkWorkloads(catalogue: Catalogue): Problem[] {
    return sortedEntries(catalogue.services).flatMap(([name, { minReplicas = 1, sidecar }]) => {
        const problems: Problem[] = [];
        if (!Number.isInteger(minReplicas) || minReplicas < 1) {
            problems.push({
                rule: "min-replicas",
                where: `${name}.minReplicas`,
                message: `${name} is to have at least ${minReplicas} replicas`,
                remedy: "Use a whole number from 1.",
            });
        }
        for (const [field, quantity] of sortedEntries<string>({ ...sidecar })) {
            if (FORMS[field as keyof Resources].test(quantity)) continue;
            problems.push({
                rule: "malformed-quantity",
                where: `${name}.sidecar.${field}`,
                message: `the sidecar of ${name} is given "${quantity}", which is no quantity`,
                remedy: "Write it as Kubernetes does: 100m or 2 for CPU, 128Mi or 1Gi for memory.",
            });
        }
        return problems;
    });
}
