/** Retries: only of idempotent calls, and limited along each chain to avoid retry storms. */

import { attempts, MAX_ATTEMPTS } from "../attempts";
import type { Catalogue } from "../model";
import type { Graph, Dependency } from "./graph";
import { graphOf } from "./graph";
import type { Problem } from "./problem";
import { list } from "./problem";
import { callSites } from "./sites";
import type { CallSite } from "./sites";

/** Retries of calls that must not be retried, and chains whose retries multiply beyond the budget. */
export function checkRetries(catalogue: Catalogue): Problem[] {
    const problems = callSites(catalogue).flatMap(forbidden);
    // The product of a chain is meaningless while its factors are wrong.
    return problems.length > 0 ? problems : multiplied(catalogue);
}

function forbidden({ caller, call, where }: CallSite): Problem[] {
    if ((call.retries ?? 0) === 0) return [];
    if (call.timeout === "stream") {
        return [
            {
                rule: "retried-stream",
                where,
                message: `${caller} retries a stream to ${call.to}, but the mesh cannot resume a stream`,
                remedy: "Remove retries: the caller must reopen the stream.",
            },
        ];
    }
    if (call.idempotent) return [];
    return [
        {
            rule: "retries-not-idempotent",
            where,
            message: `${caller} retries a call to ${call.to} that is not idempotent`,
            remedy: "Remove retries, or make the call idempotent and set idempotent: true.",
        },
    ];
}

/** The maximum number of times that one request can reach a service along one chain of calls, and that chain. */
interface Amplification {
    readonly factor: number;
    readonly chain: readonly Dependency[];
}

function multiplied(catalogue: Catalogue): Problem[] {
    const graph = graphOf(catalogue);
    const amplifications = amplificationsOf(graph);
    const problems: Problem[] = [];
    for (const { factor, chain } of amplifications.values()) {
        const last = chain.at(-1);
        // Report only the first service where the budget is exceeded.
        if (last === undefined || factor <= MAX_ATTEMPTS) continue;
        if ((amplifications.get(last.from)?.factor ?? 1) > MAX_ATTEMPTS) continue;
        problems.push(describe(factor, chain));
    }
    return problems;
}

function amplificationsOf(graph: Graph): ReadonlyMap<string, Amplification> {
    const amplifications = new Map<string, Amplification>();
    for (const name of callersFirst(graph)) {
        const current = amplifications.get(name) ?? { factor: 1, chain: [] };
        for (const dependency of graph.get(name) ?? []) {
            const factor = current.factor * attemptsOf(dependency);
            if (factor <= (amplifications.get(dependency.to)?.factor ?? 0)) continue;
            amplifications.set(dependency.to, { factor, chain: [...current.chain, dependency] });
        }
    }
    return amplifications;
}

/** Services in topological order, callers first. Services on a cycle, which another check reports, are left out. */
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

function attemptsOf({ sites }: Dependency): number {
    return Math.max(...sites.map(({ call }) => attempts(call)));
}

function describe(factor: number, chain: readonly Dependency[]): Problem {
    const last = chain.at(-1);
    const names = chain.map(
        (dependency) =>
            `${dependency.from} →${attemptsOf(dependency) > 1 ? ` ×${attemptsOf(dependency)}` : ""}`,
    );
    const retried = chain
        .filter((dependency) => attemptsOf(dependency) > 1)
        .flatMap(({ sites }) => sites.map(({ at }) => at));
    return {
        rule: "retries-multiply",
        where: last?.sites[0]?.where ?? "",
        message:
            `one request can become ${factor} requests to ${last?.to ?? ""}, more than the budget of ${MAX_ATTEMPTS}: ` +
            `${names.join(" ")} ${last?.to ?? ""}`,
        remedy: `Set retries: 0 at one of ${list(retried, "or")}.`,
    };
}
