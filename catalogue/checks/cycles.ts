/** The call graph must have no cycles: no timeouts could be correct, and failures would feed back. */

import type { Catalogue } from "../model";
import type { Graph, Dependency } from "./graph";
import { graphOf, pathTo } from "./graph";
import type { Problem } from "./problem";
import { list } from "./problem";

/**
 * Reports cycles so that each call on any cycle is on a reported one.
 *
 * Not all cycles: there can be exponentially many. Tarjan's algorithm finds the calls on cycles in linear time; for each
 * of them that is not on a reported cycle yet, a search finds the shortest way back within its component.
 */
export function checkCycles(catalogue: Catalogue): Problem[] {
    const graph = graphOf(catalogue);
    const componentOf = components(graph);
    const inside = (dependency: Dependency) =>
        componentOf.get(dependency.to) === componentOf.get(dependency.from);
    const reported = new Set<Dependency>();
    const problems: Problem[] = [];
    for (const dependency of [...graph.values()].flat().filter(inside)) {
        if (reported.has(dependency)) continue;
        const cycle = rotateToFirst([dependency, ...wayBack(graph, dependency, inside)]);
        for (const other of cycle) reported.add(other);
        problems.push(describe(cycle));
    }
    return problems;
}

function describe(cycle: readonly Dependency[]): Problem {
    const names = cycle.map((dependency) => dependency.from);
    const calls = cycle.map((dependency) => list(dependency.sites.map((site) => site.at)));
    return {
        rule: "cycle",
        where: cycle[0]?.sites[0]?.where ?? "",
        message: `${[...names, names[0]].join(" → ")} is a cycle of calls`,
        remedy: `Remove ${list(calls, "or")}. Data can flow back as an event through a store.`,
    };
}

/** The shortest path from the end of `dependency` back to its start, within its component. */
function wayBack(
    graph: Graph,
    dependency: Dependency,
    inside: (dependency: Dependency) => boolean,
): Dependency[] {
    const reachedBy = new Map<string, Dependency>();
    const queue = [dependency.to];
    for (const name of queue) {
        if (name === dependency.from) break;
        for (const next of graph.get(name) ?? []) {
            if (!inside(next) || reachedBy.has(next.to) || next.to === dependency.to) continue;
            reachedBy.set(next.to, next);
            queue.push(next.to);
        }
    }
    return pathTo(dependency.from, reachedBy);
}

/** The same cycle, starting at its alphabetically first name. */
function rotateToFirst(cycle: readonly Dependency[]): Dependency[] {
    const names = cycle.map((dependency) => dependency.from);
    const first = names.indexOf([...names].sort()[0] ?? "");
    return [...cycle.slice(first), ...cycle.slice(0, first)];
}

/**
 * Tarjan's strongly connected components: for each service, the representative of its component. Iterative, because a
 * chain of calls can be longer than the JavaScript stack.
 */
function components(graph: Graph): ReadonlyMap<string, string> {
    const order = new Map<string, number>();
    const low = new Map<string, number>();
    const component = new Map<string, string>();
    const open: string[] = [];

    const lower = (name: string, to: number) => low.set(name, Math.min(low.get(name) ?? to, to));
    const enter = (name: string) => {
        order.set(name, order.size);
        lower(name, order.size - 1);
        open.push(name);
        return { name, dependencies: (graph.get(name) ?? []).values() };
    };

    for (const root of graph.keys()) {
        const path = order.has(root) ? [] : [enter(root)];
        for (let here = path.at(-1); here !== undefined; here = path.at(-1)) {
            const next = here.dependencies.next();
            if (next.done !== true) {
                const callee = next.value.to;
                if (!order.has(callee)) path.push(enter(callee));
                else if (!component.has(callee)) lower(here.name, order.get(callee) ?? 0);
                continue;
            }
            path.pop();
            const caller = path.at(-1);
            if (caller !== undefined) lower(caller.name, low.get(here.name) ?? 0);
            if (low.get(here.name) !== order.get(here.name)) continue;
            for (const member of open.splice(open.lastIndexOf(here.name))) component.set(member, here.name);
        }
    }
    return component;
}
