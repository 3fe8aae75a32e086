/** Finds calls that only one side allows: evaluates each call on both sides, like `mesh explain`. */
import { evaluate, type AccessSource } from "../../lib/evaluate/evaluate";
import type { Callee, Verdict, Workload } from "../../lib/evaluate/model";
import type { MeshSnapshot } from "../../lib/snapshot/snapshot";
import { calleesOf, gatewayOfSource, namesOf, routedHosts, sourcesOf } from "./endpoints";
import { ANYTHING, type SampleRequest, requestsOf } from "./requests";

export interface CallChange {
    readonly source: string;
    readonly destination: string;
    /** The Service's port. */
    readonly port: number;
    /** Requests, or `a connection`. */
    readonly requests: readonly string[];
}

/** A call that both sides allow under different conditions. */
export interface ConditionChange extends CallChange {
    readonly before: readonly string[];
    readonly after: readonly string[];
}

export interface CallChanges {
    readonly allowed: readonly CallChange[];
    readonly denied: readonly CallChange[];
    readonly conditions: readonly ConditionChange[];
    /** The number of access checks per side. */
    readonly evaluated: number;
}

interface Answer {
    readonly text: string;
    readonly before: Verdict | undefined;
    readonly after: Verdict | undefined;
}

export function compareCalls(before: MeshSnapshot, after: MeshSnapshot): CallChanges {
    const snapshots = [before, after] as const;
    const [sources, destinations] = [snapshots.map(sourcesOf), snapshots.map(calleesOf)];
    const changes = {
        allowed: [] as CallChange[],
        denied: [] as CallChange[],
        conditions: [] as ConditionChange[],
    };
    const routed = snapshots.map(routedHosts);
    let evaluated = 0;
    for (const destination of namesOf(destinations)) {
        const callees = destinations.map((map) => map.get(destination));
        for (const port of portsOf(callees)) {
            const inside = queriesOf(snapshots, callees, port);
            const isRouted = callees.some((callee, side) => routed[side]?.has(callee?.host ?? "") ?? false);
            for (const source of namesOf(sources)) {
                const gateways = sources.flatMap((map) => gatewayOfSource(map.get(source)));
                // Clients cannot reach a callee without a gateway route.
                if (gateways.length > 0 && !isRouted) continue;
                const queries = gateways.length > 0 ? queriesOf(snapshots, callees, port, gateways) : inside;
                const call = { source, destination, port };
                const answers = queries.map(({ text, request }): Answer => {
                    const [old, now] = snapshots.map((snapshot, side) =>
                        answer(snapshot, sources[side]?.get(source), callees[side], port, request),
                    );
                    return { text, before: old, after: now };
                });
                evaluated += answers.length;
                const isAllowed = (verdict: Verdict | undefined) => verdict?.allowed ?? false;
                const granted = answers.filter((one) => !isAllowed(one.before) && isAllowed(one.after));
                const revoked = answers.filter((one) => isAllowed(one.before) && !isAllowed(one.after));
                if (granted.length > 0) changes.allowed.push({ ...call, requests: textsOf(granted) });
                if (revoked.length > 0) changes.denied.push({ ...call, requests: textsOf(revoked) });
                changes.conditions.push(...conditionChanges(answers).map((one) => ({ ...call, ...one })));
            }
        }
    }
    return { ...changes, evaluated };
}

function portsOf(callees: readonly (Callee | undefined)[]): number[] {
    const numbers = callees.flatMap((callee) => callee?.ports.map(({ number }) => number) ?? []);
    return [...new Set(numbers)].sort((a, b) => a - b);
}

/**
 * The access queries of a port: HTTP requests if either side parses HTTP on it, a connection if either side sees TCP.
 */
function queriesOf(
    snapshots: readonly MeshSnapshot[],
    callees: readonly (Callee | undefined)[],
    number: number,
    gateways: readonly Workload[] = [],
): { text: string; request?: SampleRequest }[] {
    const ports = callees.flatMap((callee) => {
        const port = callee?.ports.find((one) => one.number === number);
        return callee === undefined || port === undefined ? [] : [{ callee, port }];
    });
    const requests = ports
        .filter(({ port }) => port.http)
        .flatMap(({ callee: { workload }, port }) =>
            requestsOf(snapshots, [
                { workload, port: port.target },
                ...gateways.map((gateway) => ({ workload: gateway })),
            ]),
        );
    const distinct = new Map(requests.map((request) => [request.text, { text: request.text, request }]));
    const connection = ports.some(({ port }) => !port.http) ? [{ text: "a connection" }] : [];
    return [...connection, ...distinct.values()];
}

/** Undefined if the source or the callee does not exist, or the port has the other protocol. */
function answer(
    snapshot: MeshSnapshot,
    source: AccessSource | undefined,
    callee: Callee | undefined,
    number: number,
    request: SampleRequest | undefined,
): Verdict | undefined {
    const port = callee?.ports.find((one) => one.number === number);
    if (source === undefined || callee === undefined || port === undefined) return undefined;
    if (port.http !== (request !== undefined)) return undefined;
    return evaluate(snapshot, {
        source,
        target: { kind: "service", callee, port },
        ...(request === undefined ? {} : { http: request.http }),
    });
}

/** `anything` includes all other requests. */
function textsOf(answers: readonly Answer[]): string[] {
    const texts = answers.map(({ text }) => text);
    return texts.includes(ANYTHING) ? [ANYTHING] : texts;
}

/** Requests that both sides allow under different conditions, grouped by these conditions. */
function conditionChanges(
    answers: readonly Answer[],
): Pick<ConditionChange, "requests" | "before" | "after">[] {
    const groups = new Map<string, { before: string[]; after: string[]; requests: string[] }>();
    for (const { text, before, after } of answers) {
        if (before?.allowed !== true || after?.allowed !== true) continue;
        const [old, now] = [conditionsOf(before), conditionsOf(after)];
        if (old.join("\n") === now.join("\n")) continue;
        const id = JSON.stringify([old, now]);
        const group = groups.get(id) ?? { before: old, after: now, requests: [] };
        group.requests.push(text);
        groups.set(id, group);
    }
    return [...groups.values()];
}

function conditionsOf({ steps }: Verdict): string[] {
    return [...new Set(steps.flatMap(({ conditions }) => conditions))].sort();
}
