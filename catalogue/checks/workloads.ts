/** What a service's workload is given. */

import type { Catalogue, Resources } from "../model";
import { sortedEntries } from "../order";
import { minReplicas as fewestReplicas } from "../query";
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
    return sortedEntries(catalogue.services).flatMap(([name, service]) => {
        const { minReplicas = 1, maxReplicas, sidecar } = service;
        const problems: Problem[] = [];
        if (!Number.isInteger(minReplicas) || minReplicas < 1) {
            problems.push({
                rule: "min-replicas",
                where: `${name}.minReplicas`,
                message: `${name} is to have at least ${minReplicas} replicas`,
                remedy: "Use a whole number from 1.",
            });
        }
        const fewest = fewestReplicas(service);
        if (maxReplicas !== undefined && !(Number.isInteger(maxReplicas) && maxReplicas >= fewest)) {
            problems.push({
                rule: "max-replicas",
                where: `${name}.maxReplicas`,
                message: `${name} is to scale to ${maxReplicas} replicas, and to have ${fewest} at least`,
                remedy: `Use a whole number from ${fewest}, or leave it out.`,
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
