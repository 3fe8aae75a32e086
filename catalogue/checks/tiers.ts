/** Critical services must not depend on background services. */

import type { Catalogue } from "../model";
import type { Graph, Dependency } from "./graph";
import { graphOf, pathTo } from "./graph";
import type { Problem } from "./problem";

/**
 * Each required call to a background service on which a critical service depends, with the shortest chain to it.
 *
 * A chain ends at its first background service and starts at its last critical one. So every call to fix is reported
 * exactly once, and fixing all of them leaves no problem.
 */
export function checkTiers(catalogue: Catalogue): Problem[] {
    const required = graphOf(catalogue, ({ call }) => call.optional !== true);
    const tierOf = (name: string) => catalogue.services[name]?.tier;
    const reachedBy = neededByCritical(required, tierOf);
    return [...required]
        .filter(([name]) => tierOf(name) === "critical" || reachedBy.has(name))
        .flatMap(([, dependencies]) => dependencies)
        .filter((dependency) => tierOf(dependency.to) === "background")
        .flatMap((last) => describe([...pathTo(last.from, reachedBy), last]));
}

/** The standard services that critical ones require, directly or through others, each with the dependency on it. */
function neededByCritical(
    required: Graph,
    tierOf: (name: string) => string | undefined,
): ReadonlyMap<string, Dependency> {
    const reachedBy = new Map<string, Dependency>();
    const queue = [...required.keys()].filter((name) => tierOf(name) === "critical");
    for (const name of queue) {
        for (const dependency of required.get(name) ?? []) {
            if (tierOf(dependency.to) !== "standard" || reachedBy.has(dependency.to)) continue;
            reachedBy.set(dependency.to, dependency);
            queue.push(dependency.to);
        }
    }
    return reachedBy;
}

/** One problem for each call of the chain's last dependency. */
function describe(chain: readonly Dependency[]): Problem[] {
    const [critical, background] = [chain[0]?.from ?? "", chain.at(-1)?.to ?? ""];
    const names = [...chain.map((dependency) => dependency.from), background].join(" → ");
    const before = chain.length > 1 ? ", or an earlier call of the chain" : "";
    return (chain.at(-1)?.sites ?? []).map(({ where, at }) => ({
        rule: "needs-background",
        where,
        message: `${critical} is critical, but requires ${background}, which is background: ${names}`,
        remedy: `Mark ${at} optional${before}, or change the tier of ${background} to standard.`,
    }));
}
