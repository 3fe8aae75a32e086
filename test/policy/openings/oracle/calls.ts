/**
 * Whether a change lets calls through that were not, judged by `mesh explain`'s evaluator: each caller of the stack, an
 * unknown workload in the mesh, a pod outside it and clients of each gateway, to each callee and host that it can touch.
 */
import { evaluate, type Question, type Source } from "../../../../cli/explain/evaluate/evaluate";
import {
    type Callee,
    type Outside,
    type Step,
    type Verdict,
    type Workload,
} from "../../../../cli/explain/evaluate/model";
import { type World } from "../../../../cli/explain/world/world";
import { calleesOf, entryOf, namesOf, sourcesOf } from "../../../../cli/diff/calls/parties";
import { type Asked, requestsOf } from "../../../../cli/diff/calls/requests";
import { isWeaker } from "./conditions";
import { type Touched } from "./touched";

/** `reaches`: somebody gets through who did not. `weaker`: for less. `layer`: another layer still stops it. */
export interface Opening {
    readonly how: "reaches" | "weaker" | "layer";
    readonly text: string;
}

/** Callers and callees of one change at most; which, a step over all of them says. */
const PARTIES = 12;

/** Requests of one port at most. */
const REQUESTS = 4;

/** A host that no object names. */
const ELSEWHERE: Outside = { host: "no-mesh-knows-this.example", port: 443, http: false };

type Asking = Omit<Question, "source">;

export function openings(before: World, after: World, touched: Touched): readonly Opening[] {
    const worlds = [before, after] as const;
    const sources = worlds.map(sourcesOf);
    const callees = worlds.map(calleesOf);
    const found: Opening[] = [];
    const calleeNames = namesOf(callees);
    const targeted = spread(
        calleeNames.filter((name) => callees.some((map) => isTouched(map.get(name), touched))),
    );
    for (const source of namesOf(sources)) {
        // Nothing runs in a gateway that calls by itself: it is a hop of others' calls.
        if (sources.some((map) => isGateway(map.get(source)))) continue;
        const isCaller = sources.some((map) =>
            workloadsOf(map.get(source)).some((one) => touched.caller(one)),
        );
        const destinations = isCaller ? [...new Set([...targeted, ...spread(calleeNames)])] : targeted;
        const ask = (side: number, asking: Asking | undefined): Verdict | undefined => {
            const [world, from] = [worlds[side], sources[side]?.get(source)];
            return world === undefined || from === undefined || asking === undefined
                ? undefined
                : evaluate(world, { ...asking, source: from });
        };
        for (const destination of destinations) {
            const gateways = sources.flatMap((map) => entryOf(map.get(source)));
            for (const [text, askings] of callsOf(
                worlds,
                callees.map((map) => map.get(destination)),
                gateways,
            )) {
                const opening = compared(ask(0, askings[0]), ask(1, askings[1]));
                if (opening !== undefined) found.push(named(opening, `${source} to ${destination}: ${text}`));
            }
        }
        if (sources.some((map) => isEntry(map.get(source)))) continue;
        for (const outside of outsideOf(worlds)) {
            if (!isCaller && !touched.host(outside.host) && outside !== ELSEWHERE) continue;
            const asking: Asking = {
                target: { kind: "outside", outside },
                ...(outside.http ? { http: { method: "GET", path: "/", headers: {} } } : {}),
            };
            const opening = compared(ask(0, asking), ask(1, asking));
            if (opening !== undefined)
                found.push(named(opening, `${source} to ${outside.host}:${outside.port}`));
        }
    }
    return found;
}

/** Layers that are there to stop calls; a route or a subset that is missing stops them by mistake. */
const WALLS: ReadonlySet<string> = new Set([
    "AuthorizationPolicy",
    "NetworkPolicy egress",
    "NetworkPolicy ingress",
    "PeerAuthentication",
    "Sidecar",
]);

/** Another layer alone where nobody gets through. */
function compared(before: Verdict | undefined, after: Verdict | undefined): Opening | undefined {
    if (after === undefined) return undefined;
    if (after.allowed && before?.allowed !== true) return { how: "reaches", text: "" };
    if (before === undefined) return undefined;
    if (after.allowed && isWeaker(conditionsOf(before), conditionsOf(after)))
        return { how: "weaker", text: "" };
    const plain = before.steps.some((step) => speaksTls(step) && !after.steps.some(speaksTls));
    if (after.allowed && plain) return { how: "weaker", text: "in plain text" };
    const stopping = (verdict: Verdict): readonly string[] =>
        verdict.steps
            .filter(({ verdict: said, layer }) => said === "denies" && WALLS.has(layer))
            .map(({ layer, at }) => `${layer} at ${at}`);
    const now = stopping(after);
    const gone = stopping(before).find((layer) => !now.includes(layer));
    return gone === undefined || isOtherWay(before, after) ? undefined : { how: "layer", text: gone };
}

/** Whether it takes another way, so that a layer that no longer denies is not on it. */
function isOtherWay(before: Verdict, after: Verdict): boolean {
    const places = ({ steps }: Verdict): string => [...new Set(steps.map(({ at }) => at))].sort().join();
    return places(before) !== places(after);
}

function speaksTls({ layer, text }: Step): boolean {
    return layer === "DestinationRule" && /TLS (SIMPLE|MUTUAL|ISTIO_MUTUAL)/.test(text);
}

function conditionsOf({ steps }: Verdict): readonly string[] {
    return [...new Set(steps.flatMap(({ conditions }) => conditions))];
}

function named({ how, text }: Opening, call: string): Opening {
    return { how, text: text === "" ? call : `${call} (${text})` };
}

/** Each port of a callee with requests or a connection, on both sides. */
function callsOf(
    worlds: readonly World[],
    callees: readonly (Callee | undefined)[],
    gateways: readonly Workload[],
): readonly (readonly [string, readonly (Asking | undefined)[]])[] {
    const numbers = new Set(callees.flatMap((callee) => callee?.ports.map(({ number }) => number) ?? []));
    return [...numbers].flatMap((number) => {
        const known = callees.find((callee) => callee?.ports.some((port) => port.number === number));
        const port = known?.ports.find((one) => one.number === number);
        if (known === undefined || port === undefined) return [];
        const requests: readonly (Asked | undefined)[] = port.http
            ? spread(
                  requestsOf(worlds, [
                      { workload: known.workload, port: port.target },
                      ...gateways.map((workload) => ({ workload })),
                  ]),
                  REQUESTS,
              )
            : [undefined];
        return requests.map((asked) => {
            const askings = callees.map((callee): Asking | undefined => {
                const own = callee?.ports.find((one) => one.number === number);
                return callee === undefined || own === undefined
                    ? undefined
                    : {
                          target: { kind: "service", callee, port: own },
                          ...(own.http && asked !== undefined ? { http: asked.http } : {}),
                      };
            });
            return [`${number} ${asked?.text ?? "a connection"}`, askings] as const;
        });
    });
}

function outsideOf(worlds: readonly World[]): readonly Outside[] {
    const entries = worlds
        .flatMap((world) => world.of("ServiceEntry"))
        .flatMap(({ spec }) =>
            spec.hosts.flatMap((host) =>
                (spec.ports ?? []).map(({ number, protocol = "TCP" }): Outside => ({
                    host,
                    port: number,
                    http: /^(HTTP|HTTP2|GRPC)$/i.test(protocol),
                })),
            ),
        );
    return [ELSEWHERE, ...new Map(entries.map((one) => [`${one.host}:${one.port}`, one])).values()];
}

function isTouched(callee: Callee | undefined, touched: Touched): boolean {
    return callee !== undefined && touched.callee(callee);
}

function workloadsOf(source: Source | undefined): readonly Workload[] {
    if (source === undefined) return [];
    return source.kind === "entry" ? [source.gateway.workload] : [source.workload];
}

function isGateway(source: Source | undefined): boolean {
    return source?.kind === "workload" && source.workload.gateway === true;
}

function isEntry(source: Source | undefined): boolean {
    return source?.kind === "entry";
}

/** At most `count`, spread over all. */
function spread<Item>(items: readonly Item[], count = PARTIES): readonly Item[] {
    const step = Math.max(1, items.length / count);
    return Array.from(
        { length: Math.min(count, items.length) },
        (_, index) => items[Math.floor(index * step)] as Item,
    );
}
