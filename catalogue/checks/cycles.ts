/** The call graph has no cycle: no timeout could be right, and a failure would come round to where it began. */

import type { Catalogue } from "../model";
import type { Graph, Step } from "./graph";
import { graphOf, pathTo } from "./graph";
import type { Problem } from "./problem";
import { list } from "./problem";

/**
 * Cycles, so that each call that lies on any cycle lies on one that is shown.
 *
 * Not all cycles: there may be exponentially many. Tarjan's components tell which calls lie on one, in linear time; for
 * each such call that no cycle yet shown passes, the shortest way back is sought within its component.
 */
export function checkCycles(catalogue: Catalogue): Problem[] {
    const graph = graphOf(catalogue);
    const componentOf = components(graph);
    const inside = (step: Step) => componentOf.get(step.to) === componentOf.get(step.from);
    const shown = new Set<Step>();
    const problems: Problem[] = [];
    for (const step of [...graph.values()].flat().filter(inside)) {
        if (shown.has(step)) continue;
        const cycle = fromItsFirst([step, ...wayBack(graph, step, inside)]);
        for (const other of cycle) shown.add(other);
        problems.push(describe(cycle));
    }
    return problems;
}

function describe(cycle: readonly Step[]): Problem {
    const names = cycle.map((step) => step.from);
    const calls = cycle.map((step) => list(step.sites.map((site) => site.at)));
    return {
        rule: "cycle",
        where: cycle[0]?.sites[0]?.where ?? "",
        message: `${[...names, names[0]].join(" → ")} is a cycle of calls`,
        remedy: `Remove ${list(calls, "or")}; what must flow back can be an event in a store.`,
    };
}

/** The shortest path from where `step` leads to where it comes from, over steps inside its component. */
function wayBack(graph: Graph, step: Step, inside: (step: Step) => boolean): Step[] {
    const reachedBy = new Map<string, Step>();
    const queue = [step.to];
    for (const name of queue) {
        if (name === step.from) break;
        for (const next of graph.get(name) ?? []) {
            if (!inside(next) || reachedBy.has(next.to) || next.to === step.to) continue;
            reachedBy.set(next.to, next);
            queue.push(next.to);
        }
    }
    return pathTo(step.from, reachedBy);
}

/** The same cycle, beginning at the first of its names. */
function fromItsFirst(cycle: readonly Step[]): Step[] {
    const names = cycle.map((step) => step.from);
    const first = names.indexOf([...names].sort()[0] ?? "");
    return [...cycle.slice(first), ...cycle.slice(0, first)];
}

/**
 * Tarjan's strongly connected components: for each service, the one that stands for its component. With a stack of its
 * own instead of recursion, since a chain of calls may be longer than the engine's stack is deep.
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
        return { name, steps: (graph.get(name) ?? []).values() };
    };

    for (const root of graph.keys()) {
        const path = order.has(root) ? [] : [enter(root)];
        for (let here = path.at(-1); here !== undefined; here = path.at(-1)) {
            const next = here.steps.next();
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
