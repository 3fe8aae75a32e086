/** Checks that each call times out after its timeout, and is retried exactly as often as allowed. */
import { milliseconds } from "../../../catalogue/durations";
import type { Call } from "../../../catalogue/model";
import { type Edge, edges, storeEdges } from "../../../catalogue/query";
import type { Platform } from "../../../components/base/platform";
import type { Check, WireRequest } from "../model";
import { destinations, sources, spiffe } from "./endpoints";
import { requestsFor } from "./requests";

/** How much longer than the timeout the callee delays, so that only the timeout can end the request. */
const SLOWER_BY_MS = 3_000;

/** Silence of a TCP callee: longer than a sidecar's connect timeout. */
const SILENT_MS = 3_000;
/** Silence before a stream begins: longer than Envoy's default route timeout of 15 s. */
const STREAM_SILENT_MS = 16_000;

type Draft = Pick<Check, "behavior" | "expected" | "reason">;

/**
 * Per call: one request that fails, and one that takes too long. Calls without a timeout (TCP connections, also to
 * stores, and streams) must survive silence.
 */
export function resilienceChecks(platform: Platform): Check[] {
    const { catalogue } = platform;
    const from = new Map(
        sources(catalogue)
            .filter(({ kind }) => kind === "service")
            .map((source) => [source.name, source]),
    );
    const to = new Map(
        destinations(catalogue)
            .filter(({ service }) => service === undefined)
            .map((one) => [`${one.name}/${one.portName}`, one]),
    );
    const calls = edges(catalogue).flatMap((edge) => {
        const source = from.get(edge.caller);
        const destination = to.get(`${edge.callee}/${edge.portName}`);
        const [request] = requestsFor(edge.port, edge.call);
        if (source === undefined || destination === undefined || request === undefined) return [];
        const caller = spiffe(platform, source);
        const end = { source, destination, request };
        return draftsOf(edge, request, caller).map((draft) =>
            check(`${edge.caller}/${edge.callee}/${edge.portName}/${edge.index}`, end, draft),
        );
    });
    const stores = storeEdges(catalogue).flatMap(({ caller, store, portName }) => {
        const source = from.get(caller);
        const destination = to.get(`${store}/${portName}`);
        if (source === undefined || destination === undefined) return [];
        const end = { source, destination, request: { protocol: "tcp" } } as const;
        return [
            check(
                `${caller}/${store}/${portName}`,
                end,
                silent(`the connection from ${caller} to ${store}`, null),
            ),
        ];
    });
    return [...calls, ...stores];
}

function check(id: string, ends: Pick<Check, "source" | "destination" | "request">, draft: Draft): Check {
    return { id: `resilience/${id}/${draft.expected.kind}`, layer: "resilience", ...ends, ...draft };
}

function draftsOf(edge: Edge, { protocol }: WireRequest, caller: string): Draft[] {
    const reason = `${edge.caller}.calls[${edge.index}] → ${edge.callee}`;
    // TCP has no retries and no timeouts.
    if (protocol === "tcp") return [silent(reason, null)];
    const after = expectedWait(edge.call);
    return [
        failing(edge),
        after === undefined ? silent(reason, caller, STREAM_SILENT_MS) : slow(edge, after),
    ];
}

function silent(reason: string, caller: string | null, milliseconds = SILENT_MS): Draft {
    return {
        behavior: { kind: "delay", milliseconds },
        expected: { kind: "answered", caller },
        reason: `${reason} has no timeout`,
    };
}

/** The stand-in fails with status 503, or gRPC's UNAVAILABLE. */
const FAILURE_CONDITIONS: readonly string[] = ["gateway-error", "5xx", "unavailable"];
/** Envoy's conditions that include an attempt without a response in time. */
const TIMEOUT_CONDITIONS: readonly string[] = ["reset", "gateway-error", "5xx"];

function failing({ caller, callee, index, call }: Edge): Draft {
    const isRetried = call.retryOn?.some((condition) => FAILURE_CONDITIONS.includes(condition)) ?? true;
    const count = isRetried ? expectedAttempts(call) : 1;
    return {
        behavior: { kind: "fail" },
        expected: { kind: "attempts", count },
        reason: `${caller}.calls[${index}] → ${callee} is ${call.idempotent ? "" : "not "}idempotent: ${count === 1 ? "one attempt" : `${count} attempts`}`,
    };
}

/**
 * As the catalogue reference defines: `retries`, else one retry for an idempotent call that is not a stream.
 * Deliberately not shared with the derivation of routes.
 */
function expectedAttempts({ retries, idempotent, timeout }: Call): number {
    if (retries !== undefined) return retries + 1;
    if (timeout === "stream") return 1;
    return idempotent ? 2 : 1;
}

/** How long the caller waits for a callee that never responds; undefined if it waits forever. */
function expectedWait(call: Call): number | undefined {
    const all = milliseconds(call.timeout);
    const each = call.perTryTimeout === undefined ? undefined : milliseconds(call.perTryTimeout);
    if (all === undefined || each === undefined) return all;
    const isRetried = call.retryOn?.some((condition) => TIMEOUT_CONDITIONS.includes(condition)) ?? true;
    return Math.min(all, each * (isRetried ? expectedAttempts(call) : 1));
}

function slow({ caller, callee, index, call }: Edge, after: number): Draft {
    return {
        behavior: { kind: "delay", milliseconds: after + SLOWER_BY_MS },
        expected: { kind: "timeout", after },
        reason: `${caller}.calls[${index}] → ${callee} has the timeout ${call.timeout}${call.perTryTimeout === undefined ? "" : `, and ${call.perTryTimeout} for each attempt`}`,
    };
}
