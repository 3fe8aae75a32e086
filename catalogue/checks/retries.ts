/** Retries: only of what may be done twice, and never so many that a slow service is asked to death. */

import { attempts, MOST_ATTEMPTS } from "../attempts";
import type { Catalogue } from "../model";
import type { Graph, Step } from "./graph";
import { graphOf } from "./graph";
import type { Problem } from "./problem";
import { list } from "./problem";
import { callSites } from "./sites";
import type { CallSite } from "./sites";

/** Retries of what must not be retried, and chains that multiply beyond the budget. */
export function checkRetries(catalogue: Catalogue): Problem[] {
    const problems = callSites(catalogue).flatMap(forbidden);
    // What a chain multiplies to says nothing while its factors are wrong.
    return problems.length > 0 ? problems : multiplied(catalogue);
}

function forbidden({ caller, call, where }: CallSite): Problem[] {
    if ((call.retries ?? 0) === 0) return [];
    if (call.timeout === "stream") {
        return [
            {
                rule: "retried-stream",
                where,
                message: `${caller} is to try a stream to ${call.to} again, but the mesh cannot know from where to resume`,
                remedy: "Remove `retries`: a stream is for its caller to make again.",
            },
        ];
    }
    if (call.idempotent) return [];
    return [
        {
            rule: "retries-not-idempotent",
            where,
            message: `${caller} is to try ${call.to} again, but the call is not idempotent: what it does would be done twice`,
            remedy: "Remove `retries`, or make the call idempotent and say so.",
        },
    ];
}

/** The most times that one request can arrive at a service along one chain of calls, and that chain. */
interface Load {
    readonly factor: number;
    readonly chain: readonly Step[];
}

function multiplied(catalogue: Catalogue): Problem[] {
    const graph = graphOf(catalogue);
    const loads = loadsOf(graph);
    const problems: Problem[] = [];
    for (const { factor, chain } of loads.values()) {
        const last = chain.at(-1);
        // Only where the budget is first exceeded: what lies behind it follows from it.
        if (last === undefined || factor <= MOST_ATTEMPTS) continue;
        if ((loads.get(last.from)?.factor ?? 1) > MOST_ATTEMPTS) continue;
        problems.push(describe(factor, chain));
    }
    return problems;
}

function loadsOf(graph: Graph): ReadonlyMap<string, Load> {
    const loads = new Map<string, Load>();
    for (const name of callersFirst(graph)) {
        const own = loads.get(name) ?? { factor: 1, chain: [] };
        for (const step of graph.get(name) ?? []) {
            const factor = own.factor * attemptsOf(step);
            if (factor <= (loads.get(step.to)?.factor ?? 0)) continue;
            loads.set(step.to, { factor, chain: [...own.chain, step] });
        }
    }
    return loads;
}

/** Each service after all that call it; of those on a cycle, which is a problem of its own, none. */
function callersFirst(graph: Graph): string[] {
    const callers = new Map([...graph.keys()].map((name) => [name, 0]));
    for (const { to } of [...graph.values()].flat()) callers.set(to, (callers.get(to) ?? 0) + 1);
    const ready = [...graph.keys()].filter((name) => callers.get(name) === 0);
    for (const name of ready) {
        for (const { to } of graph.get(name) ?? []) {
            const left = (callers.get(to) ?? 0) - 1;
            callers.set(to, left);
            if (left === 0) ready.push(to);
        }
    }
    return ready;
}

function attemptsOf({ sites }: Step): number {
    return Math.max(...sites.map(({ call }) => attempts(call)));
}

function describe(factor: number, chain: readonly Step[]): Problem {
    const last = chain.at(-1);
    const names = chain.map((step) => `${step.from} →${attemptsOf(step) > 1 ? ` ×${attemptsOf(step)}` : ""}`);
    const retried = chain
        .filter((step) => attemptsOf(step) > 1)
        .flatMap(({ sites }) => sites.map(({ at }) => at));
    return {
        rule: "retries-multiply",
        where: last?.sites[0]?.where ?? "",
        message:
            `one request can become ${factor} at ${last?.to ?? ""}, more than the budget of ${MOST_ATTEMPTS}: ` +
            `${names.join(" ")} ${last?.to ?? ""}`,
        remedy: `Write \`retries: 0\` at one of ${list(retried, "or")}.`,
    };
}
