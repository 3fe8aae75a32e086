/** The number of replicas of a service's workload. */

import type { Catalogue } from "../model";
import { sortedEntries } from "../order";
import { minReplicas } from "../query";
import type { Problem } from "./problem";

/** Services with `maxReplicas` below `minReplicas`. */
export function checkWorkloads(catalogue: Catalogue): Problem[] {
    return sortedEntries(catalogue.services).flatMap(([name, service]) => {
        const { maxReplicas } = service;
        const min = minReplicas(service);
        if (maxReplicas === undefined || maxReplicas >= min) return [];
        return [
            {
                rule: "max-replicas",
                where: `${name}.maxReplicas`,
                message: `maxReplicas of ${name} is ${maxReplicas}, below its minimum of ${min}`,
                remedy: `Use a whole number of at least ${min}, or remove maxReplicas.`,
            },
        ];
    });
}
