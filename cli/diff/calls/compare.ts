/** Which calls are let through on one side and not on the other: each is judged on both, as `mesh explain` does. */
import { evaluate, type Source } from "../../explain/evaluate/evaluate";
import type { Callee, Verdict, Workload } from "../../explain/evaluate/model";
import type { World } from "../../explain/world/world";
import { calleesOf, entryOf, namesOf, routedHosts, sourcesOf } from "./parties";
import { ANYTHING, type Asked, requestsOf } from "./requests";

export interface CallChange {
    readonly source: string;
    readonly destination: string;
    /** `8080`, as the caller names it. */
    readonly port: number;
    /** Requests, or `a connection`. */
    readonly requests: readonly string[];
}

/** A call that both let through, where other things must hold beside. */
export interface ConditionChange extends CallChange {
    readonly before: readonly string[];
    readonly after: readonly string[];
}

export interface CallChanges {
    readonly allowed: readonly CallChange[];
    readonly denied: readonly CallChange[];
    readonly conditions: readonly ConditionChange[];
    /** How many were judged, on each side. */
    readonly judged: number;
}

interface Answer {
    readonly text: string;
    readonly before: Verdict | undefined;
    readonly after: Verdict | undefined;
}

export function compareCalls(before: World, after: World): CallChanges {
    const worlds = [before, after] as const;
    const [sources, destinations] = [worlds.map(sourcesOf), worlds.map(calleesOf)];
    const found = {
        allowed: [] as CallChange[],
        denied: [] as CallChange[],
        conditions: [] as ConditionChange[],
    };
    const routed = worlds.map(routedHosts);
    let judged = 0;
    for (const destination of namesOf(destinations)) {
        const callees = destinations.map((map) => map.get(destination));
        for (const port of portsOf(callees)) {
            const inside = questionsOf(worlds, callees, port);
            const isRouted = callees.some((callee, side) => routed[side]?.has(callee?.host ?? "") ?? false);
            for (const source of namesOf(sources)) {
                const gateways = sources.flatMap((map) => entryOf(map.get(source)));
                // Where no gateway's route leads to it, no client comes.
                if (gateways.length > 0 && !isRouted) continue;
                const questions = gateways.length > 0 ? questionsOf(worlds, callees, port, gateways) : inside;
                const call = { source, destination, port };
                const answers = questions.map(({ text, asked }): Answer => {
                    const [old, now] = worlds.map((world, side) =>
                        answer(world, sources[side]?.get(source), callees[side], port, asked),
                    );
                    return { text, before: old, after: now };
                });
                judged += answers.length;
                const isAllowed = (verdict: Verdict | undefined) => verdict?.allowed ?? false;
                const opened = answers.filter((one) => !isAllowed(one.before) && isAllowed(one.after));
                const closed = answers.filter((one) => isAllowed(one.before) && !isAllowed(one.after));
                if (opened.length > 0) found.allowed.push({ ...call, requests: textsOf(opened) });
                if (closed.length > 0) found.denied.push({ ...call, requests: textsOf(closed) });
                found.conditions.push(...conditionChanges(answers).map((one) => ({ ...call, ...one })));
            }
        }
    }
    return { ...found, judged };
}

function portsOf(callees: readonly (Callee | undefined)[]): number[] {
    const numbers = callees.flatMap((callee) => callee?.ports.map(({ number }) => number) ?? []);
    return [...new Set(numbers)].sort((a, b) => a - b);
}

/** What is asked of a port: requests where either side reads them, a connection where either sees no more than that. */
function questionsOf(
    worlds: readonly World[],
    callees: readonly (Callee | undefined)[],
    number: number,
    gateways: readonly Workload[] = [],
): { text: string; asked?: Asked }[] {
    const ports = callees.flatMap((callee) => {
        const port = callee?.ports.find((one) => one.number === number);
        return callee === undefined || port === undefined ? [] : [{ callee, port }];
    });
    const requests = ports
        .filter(({ port }) => port.http)
        .flatMap(({ callee: { workload }, port }) =>
            requestsOf(worlds, [
                { workload, port: port.target },
                ...gateways.map((gateway) => ({ workload: gateway })),
            ]),
        );
    const distinct = new Map(requests.map((asked) => [asked.text, { text: asked.text, asked }]));
    const connection = ports.some(({ port }) => !port.http) ? [{ text: "a connection" }] : [];
    return [...connection, ...distinct.values()];
}

/** Undefined where one of the two is not there, or the port is of the other kind. */
function answer(
    world: World,
    source: Source | undefined,
    callee: Callee | undefined,
    number: number,
    asked: Asked | undefined,
): Verdict | undefined {
    const port = callee?.ports.find((one) => one.number === number);
    if (source === undefined || callee === undefined || port === undefined) return undefined;
    if (port.http !== (asked !== undefined)) return undefined;
    return evaluate(world, {
        source,
        target: { kind: "service", callee, port },
        ...(asked === undefined ? {} : { http: asked.http }),
    });
}

/** Where anything is meant, what is named is meant with it. */
function textsOf(answers: readonly Answer[]): string[] {
    const texts = answers.map(({ text }) => text);
    return texts.includes(ANYTHING) ? [ANYTHING] : texts;
}

/** Requests that both sides let through, by what must hold beside on either. */
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
