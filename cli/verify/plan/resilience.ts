/** Whether each call is given up after its own time, and tried as often as it may be and no more. */
import { milliseconds } from "../../../catalogue/durations";
import type { Call } from "../../../catalogue/model";
import { type Edge, edges, storeEdges } from "../../../catalogue/query";
import type { Platform } from "../../../components/base/platform";
import type { Check, WireRequest } from "../model";
import { destinations, sources, spiffe } from "./places";
import { asked } from "./requests";

/** Longer than any timeout that is waited for, so that only the timeout can end it. */
const SLOWER_BY_MS = 3_000;

/** For so long a callee says nothing over TCP: longer than a sidecar waits for a connection. */
const SILENT_MS = 3_000;
/** And so long before a stream begins: longer than the 15 s after which Envoy gives up where a route says nothing. */
const STREAM_SILENT_MS = 16_000;

type Draft = Pick<Check, "behaviour" | "expected" | "because">;

/**
 * For each call, by caller and callee: one request that fails, one that takes too long. What may take as long as it likes is
 * not ended while it is silent: connections over TCP, also to stores, and streams.
 */
export function resilienceChecks(platform: Platform): Check[] {
    const { catalogue } = platform;
    const from = new Map(
        sources(catalogue)
            .filter(({ kind }) => kind === "service")
            .map((source) => [source.name, source]),
    );
    const to = new Map(destinations(catalogue).map((one) => [`${one.name}/${one.portName}`, one]));
    const calls = edges(catalogue).flatMap((edge) => {
        const source = from.get(edge.caller);
        const destination = to.get(`${edge.callee}/${edge.portName}`);
        const [request] = asked(edge.port, edge.call);
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
    const because = `${edge.caller}.calls[${edge.index}] → ${edge.callee}`;
    // Of TCP the mesh sees connections only: there is nothing to try again, and nothing to wait for.
    if (protocol === "tcp") return [silent(because, null)];
    const after = milliseconds(edge.call.timeout);
    return [
        failing(edge),
        after === undefined ? silent(because, caller, STREAM_SILENT_MS) : slow(edge, after),
    ];
}

function silent(because: string, caller: string | null, milliseconds = SILENT_MS): Draft {
    return {
        behaviour: { kind: "is-slow", milliseconds },
        expected: { kind: "answered", caller },
        because: `${because} has no timeout`,
    };
}

function failing({ caller, callee, index, call }: Edge): Draft {
    const count = expectedAttempts(call);
    return {
        behaviour: { kind: "fails" },
        expected: { kind: "attempts", count },
        because: `${caller}.calls[${index}] → ${callee} is ${call.idempotent ? "" : "not "}idempotent: ${count === 1 ? "one attempt" : `${count} attempts`}`,
    };
}

/**
 * As the catalogue's reference has it: what `retries` says; otherwise one more for an idempotent call that is no stream. Not shared with
 * the derivation of routes, whose mistake would be expected otherwise.
 */
function expectedAttempts({ retries, idempotent, timeout }: Call): number {
    if (retries !== undefined) return retries + 1;
    if (timeout === "stream") return 1;
    return idempotent ? 2 : 1;
}

function slow({ caller, callee, index, call }: Edge, after: number): Draft {
    return {
        behaviour: { kind: "is-slow", milliseconds: after + SLOWER_BY_MS },
        expected: { kind: "given-up", after },
        because: `${caller}.calls[${index}] → ${callee} waits ${call.timeout}`,
    };
}
