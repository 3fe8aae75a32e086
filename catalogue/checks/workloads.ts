/** What a service's workload is given, and how much of it is traced. */

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

/** Replicas that are no number of replicas, sidecars' resources that are no quantities, and shares that are no percent. */
export function checkWorkloads(catalogue: Catalogue): Problem[] {
    return sortedEntries(catalogue.services).flatMap(([name, service]) => {
        const { minReplicas = 1, maxReplicas, sidecar, sampling = 0 } = service;
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
        // Envoy counts in hundredths of a percent.
        if (!(sampling >= 0 && sampling <= 100 && Number.isInteger(Number((sampling * 100).toFixed(6))))) {
            problems.push({
                rule: "sampling",
                where: `${name}.sampling`,
                message: `of the traces that begin with ${name}, ${sampling} percent are to be kept`,
                remedy: "Use a number from 0 to 100 with at most two decimals.",
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
