/** What tenants miss within a minute must not wait for what may be late. */

import type { Catalogue } from "../model";
import type { Graph, Step } from "./graph";
import { graphOf, pathTo } from "./graph";
import type { Problem } from "./problem";

/**
 * Each required call to a background service on which a critical service depends, with the shortest chain to it.
 *
 * A chain ends at its first background service and is shown from its last critical one: whatever needs that is put
 * right with it. So every call to be mended is named exactly once, and mending all of them leaves no problem.
 */
export function checkTiers(catalogue: Catalogue): Problem[] {
    const required = graphOf(catalogue, ({ call }) => call.optional !== true);
    const tierOf = (name: string) => catalogue.services[name]?.tier;
    const reachedBy = neededByCritical(required, tierOf);
    return [...required]
        .filter(([name]) => tierOf(name) === "critical" || reachedBy.has(name))
        .flatMap(([, steps]) => steps)
        .filter((step) => tierOf(step.to) === "background")
        .flatMap((last) => describe([...pathTo(last.from, reachedBy), last]));
}

/** The standard services that critical ones need, directly or through other such ones, each with the step to it. */
function neededByCritical(
    required: Graph,
    tierOf: (name: string) => string | undefined,
): ReadonlyMap<string, Step> {
    const reachedBy = new Map<string, Step>();
    const queue = [...required.keys()].filter((name) => tierOf(name) === "critical");
    for (const name of queue) {
        for (const step of required.get(name) ?? []) {
            if (tierOf(step.to) !== "standard" || reachedBy.has(step.to)) continue;
            reachedBy.set(step.to, step);
            queue.push(step.to);
        }
    }
    return reachedBy;
}

/** A problem for each of the calls that the last step of the chain consists of. */
function describe(chain: readonly Step[]): Problem[] {
    const [critical, background] = [chain[0]?.from ?? "", chain.at(-1)?.to ?? ""];
    const names = [...chain.map((step) => step.from), background].join(" → ");
    const before = chain.length > 1 ? ", or a step before it" : "";
    return (chain.at(-1)?.sites ?? []).map(({ where, at }) => ({
        rule: "needs-background",
        where,
        message: `${critical} is critical, but cannot do without ${background}, which is background: ${names}`,
        remedy: `Mark ${at} optional${before}; or raise ${background} to standard.`,
    }));
}
