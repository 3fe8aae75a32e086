/** How many replicas a service's workload has. */

import type { Catalogue } from "../model";
import { sortedEntries } from "../order";
import { minReplicas } from "../query";
import type { Problem } from "./problem";

/** Services that scale to fewer replicas than they have. */
export function checkWorkloads(catalogue: Catalogue): Problem[] {
    return sortedEntries(catalogue.services).flatMap(([name, service]) => {
        const { maxReplicas } = service;
        const min = minReplicas(service);
        if (maxReplicas === undefined || maxReplicas >= min) return [];
        return [
            {
                rule: "max-replicas",
                where: `${name}.maxReplicas`,
                message: `${name} is to scale to ${maxReplicas} replicas, and has ${min} at least`,
                remedy: `Use a whole number from ${min}, or leave it out.`,
            },
        ];
    });
}
