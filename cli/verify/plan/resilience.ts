/** Whether each call is given up after its own time, and tried as often as it may be and no more. */
import { milliseconds } from "../../../catalogue/durations";
import type { Call } from "../../../catalogue/model";
import { type Edge, edges } from "../../../catalogue/query";
import type { Platform } from "../../../components/base/platform";
import type { Check, Destination, Source } from "../model";
import { destinations, sources } from "./places";
import { asked } from "./requests";

/** Longer than any timeout that is waited for, so that only the timeout can end it. */
const SLOWER_BY_MS = 3_000;

type Draft = Pick<Check, "behaviour" | "expected" | "because">;

/** For each call whose requests the mesh sees, by caller and callee: one request that fails, one that takes too long. */
export function resilienceChecks({ catalogue }: Platform): Check[] {
    const from = new Map(
        sources(catalogue)
            .filter(({ kind }) => kind === "service")
            .map((source) => [source.name, source]),
    );
    const to = new Map(destinations(catalogue).map((one) => [`${one.name}/${one.portName}`, one]));
    return edges(catalogue).flatMap((edge) => {
        const source = from.get(edge.caller);
        const destination = to.get(`${edge.callee}/${edge.portName}`);
        if (source === undefined || destination === undefined) return [];
        return checksOf(edge, source, destination);
    });
}

function checksOf(edge: Edge, source: Source, destination: Destination): Check[] {
    const [request] = asked(edge.port, edge.call);
    // A WebSocket lives as long as it likes, and of TCP the mesh sees connections only.
    if (request === undefined || request.protocol === "ws" || request.protocol === "tcp") return [];
    return [failing(edge), ...slow(edge)].map((draft) => ({
        id: `resilience/${edge.caller}/${edge.callee}/${edge.portName}/${edge.index}/${draft.expected.kind}`,
        layer: "resilience",
        source,
        destination,
        request,
        ...draft,
    }));
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

function slow({ caller, callee, index, call }: Edge): Draft[] {
    const after = milliseconds(call.timeout);
    if (after === undefined) return [];
    return [
        {
            behaviour: { kind: "is-slow", milliseconds: after + SLOWER_BY_MS },
            expected: { kind: "given-up", after },
            because: `${caller}.calls[${index}] → ${callee} waits ${call.timeout}`,
        },
    ];
}
