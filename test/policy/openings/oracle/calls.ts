/**
 * Whether a change allows calls that were denied, by `mesh explain`'s evaluator: from each caller of the stack, an unknown
 * workload in the mesh, a pod outside it and clients of each gateway, to each callee and host that the change can affect.
 */
import { evaluate, type AccessQuery, type AccessSource } from "../../../../cli/lib/evaluate/evaluate";
import {
    type Callee,
    type ExternalEndpoint,
    type LayerResult,
    type Verdict,
    type Workload,
} from "../../../../cli/lib/evaluate/model";
import { type MeshSnapshot } from "../../../../cli/lib/snapshot/snapshot";
import { calleesOf, gatewayOfSource, namesOf, sourcesOf } from "../../../../cli/diff/calls/endpoints";
import { type SampleRequest, requestsOf } from "../../../../cli/diff/calls/requests";
import { isWeaker } from "./conditions";
import { type AffectedCalls } from "./touched";

/** `reaches`: a denied call is allowed. `weaker`: with weaker conditions. `layer`: a layer no longer denies, but another still does. */
export interface Opening {
    readonly how: "reaches" | "weaker" | "layer";
    readonly text: string;
}

/** Maximum callers and callees per change, spread over all of them. */
const MAX_WORKLOADS = 12;

/** Maximum requests per port. */
const MAX_REQUESTS = 4;

/** A host that no object names. */
const UNKNOWN_HOST: ExternalEndpoint = { host: "no-mesh-knows-this.example", port: 443, http: false };

type LabeledQuery = Omit<AccessQuery, "source">;

export function openings(
    before: MeshSnapshot,
    after: MeshSnapshot,
    touched: AffectedCalls,
): readonly Opening[] {
    const snapshots = [before, after] as const;
    const sources = snapshots.map(sourcesOf);
    const callees = snapshots.map(calleesOf);
    const widened: Opening[] = [];
    const calleeNames = namesOf(callees);
    const targeted = spread(
        calleeNames.filter((name) => callees.some((map) => isTouched(map.get(name), touched))),
    );
    for (const source of namesOf(sources)) {
        // A gateway makes no calls: it is a hop of other workloads' calls.
        if (sources.some((map) => isGateway(map.get(source)))) continue;
        const isCaller = sources.some((map) =>
            workloadsOf(map.get(source)).some((one) => touched.caller(one)),
        );
        const destinations = isCaller ? [...new Set([...targeted, ...spread(calleeNames)])] : targeted;
        const verdictOn = (side: number, query: LabeledQuery | undefined): Verdict | undefined => {
            const [snapshot, from] = [snapshots[side], sources[side]?.get(source)];
            return snapshot === undefined || from === undefined || query === undefined
                ? undefined
                : evaluate(snapshot, { ...query, source: from });
        };
        for (const destination of destinations) {
            const gateways = sources.flatMap((map) => gatewayOfSource(map.get(source)));
            for (const [text, accessQueries] of callsOf(
                snapshots,
                callees.map((map) => map.get(destination)),
                gateways,
            )) {
                const opening = compared(verdictOn(0, accessQueries[0]), verdictOn(1, accessQueries[1]));
                if (opening !== undefined)
                    widened.push(named(opening, `${source} to ${destination}: ${text}`));
            }
        }
        if (sources.some((map) => isEntry(map.get(source)))) continue;
        for (const external of externalHostsOf(snapshots)) {
            if (!isCaller && !touched.host(external.host) && external !== UNKNOWN_HOST) continue;
            const query: LabeledQuery = {
                target: { kind: "external", external },
                ...(external.http ? { http: { method: "GET", path: "/", headers: {} } } : {}),
            };
            const opening = compared(verdictOn(0, query), verdictOn(1, query));
            if (opening !== undefined)
                widened.push(named(opening, `${source} to ${external.host}:${external.port}`));
        }
    }
    return widened;
}

/** Layers whose purpose is to deny calls; a missing route or subset only breaks them. */
const ACCESS_LAYERS: ReadonlySet<string> = new Set([
    "AuthorizationPolicy",
    "NetworkPolicy egress",
    "NetworkPolicy ingress",
    "PeerAuthentication",
    "Sidecar",
]);

/** Compares two verdicts; reports a single layer only if the call stays denied. */
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
            .filter(({ verdict: result, layer }) => result === "denied" && ACCESS_LAYERS.has(layer))
            .map(({ layer, at }) => `${layer} at ${at}`);
    const now = stopping(after);
    const removed = stopping(before).find((layer) => !now.includes(layer));
    return removed === undefined || isOtherWay(before, after) ? undefined : { how: "layer", text: removed };
}

/** Whether the call takes another path, which does not pass the layer that denied it. */
function isOtherWay(before: Verdict, after: Verdict): boolean {
    const places = ({ steps }: Verdict): string => [...new Set(steps.map(({ at }) => at))].sort().join();
    return places(before) !== places(after);
}

function speaksTls({ layer, text }: LayerResult): boolean {
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
    snapshots: readonly MeshSnapshot[],
    callees: readonly (Callee | undefined)[],
    gateways: readonly Workload[],
): readonly (readonly [string, readonly (LabeledQuery | undefined)[]])[] {
    const numbers = new Set(callees.flatMap((callee) => callee?.ports.map(({ number }) => number) ?? []));
    return [...numbers].flatMap((number) => {
        const known = callees.find((callee) => callee?.ports.some((port) => port.number === number));
        const port = known?.ports.find((one) => one.number === number);
        if (known === undefined || port === undefined) return [];
        const requests: readonly (SampleRequest | undefined)[] = port.http
            ? spread(
                  requestsOf(snapshots, [
                      { workload: known.workload, port: port.target },
                      ...gateways.map((workload) => ({ workload })),
                  ]),
                  MAX_REQUESTS,
              )
            : [undefined];
        return requests.map((request) => {
            const accessQueries = callees.map((callee): LabeledQuery | undefined => {
                const declared = callee?.ports.find((one) => one.number === number);
                return callee === undefined || declared === undefined
                    ? undefined
                    : {
                          target: { kind: "service", callee, port: declared },
                          ...(declared.http && request !== undefined ? { http: request.http } : {}),
                      };
            });
            return [`${number} ${request?.text ?? "a connection"}`, accessQueries] as const;
        });
    });
}

function externalHostsOf(snapshots: readonly MeshSnapshot[]): readonly ExternalEndpoint[] {
    const entries = snapshots
        .flatMap((snapshot) => snapshot.of("ServiceEntry"))
        .flatMap(({ spec }) =>
            spec.hosts.flatMap((host) =>
                (spec.ports ?? []).map(({ number, protocol = "TCP" }): ExternalEndpoint => ({
                    host,
                    port: number,
                    http: /^(HTTP|HTTP2|GRPC)$/i.test(protocol),
                })),
            ),
        );
    return [UNKNOWN_HOST, ...new Map(entries.map((one) => [`${one.host}:${one.port}`, one])).values()];
}

function isTouched(callee: Callee | undefined, touched: AffectedCalls): boolean {
    return callee !== undefined && touched.callee(callee);
}

function workloadsOf(source: AccessSource | undefined): readonly Workload[] {
    if (source === undefined) return [];
    return source.kind === "ingress" ? [source.gateway.workload] : [source.workload];
}

function isGateway(source: AccessSource | undefined): boolean {
    return source?.kind === "workload" && source.workload.gateway === true;
}

function isEntry(source: AccessSource | undefined): boolean {
    return source?.kind === "ingress";
}

/** At most `count` items, spread over all. */
function spread<Item>(items: readonly Item[], count = MAX_WORKLOADS): readonly Item[] {
    const step = Math.max(1, items.length / count);
    return Array.from(
        { length: Math.min(count, items.length) },
        (_, index) => items[Math.floor(index * step)] as Item,
    );
}
