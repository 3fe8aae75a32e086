/** The load that is put on a hop: the same for all variants. */
import type { Sign } from "../../cli/verify";
import { loadStackFile } from "../../config/load";
import { CHECKOUT } from "../../test/live/checkout";
import type { Deployment } from "../../test/live/deployment";
import { bearer, signerOf } from "../../test/live/tokens";

export interface Load {
    /** Requests a second. */
    readonly rate: number;
    readonly seconds: number;
}

/** What `standin load` prints (local/standin). */
export interface LoadResult {
    readonly statuses: Readonly<Record<string, number>>;
    readonly errors: Readonly<Record<string, number>>;
    readonly micros: readonly number[];
    readonly lateMicros: readonly number[];
}

/** A container that asks. */
export interface Asker {
    readonly namespace: string;
    readonly pod: string;
    readonly container: string;
}

const EACH = 100;
const TENANTS = ["acme", "globex", "initech", "one-of-many", undefined];

/** A hundred requests, of which one fails: reads of a list and of one of many, and writes, for several tenants. */
export function requestsTo(address: string, sign: Sign): readonly object[] {
    // The callee's sidecar takes a tenant only with its token.
    const headers = TENANTS.map((tenant) =>
        tenant === undefined ? {} : { "x-tenant": tenant, ...bearer(sign, { tenant }) },
    );
    return Array.from({ length: EACH }, (_, index) => {
        return {
            id: String(index),
            protocol: "http",
            address,
            ...pathOf(index),
            headers: headers[index % TENANTS.length],
        };
    });
}

function pathOf(index: number): { readonly method: string; readonly path: string } {
    if (index === EACH - 1) return { method: "POST", path: "/v1/recordings/7/exports?status=503" };
    if (index % 10 === 9) return { method: "POST", path: `/v1/recordings/${index}/exports` };
    return { method: "GET", path: index % 3 === 0 ? `/v1/recordings/${index}` : "/v1/recordings" };
}

/** @throws where the requests were not answered as they should have been */
export async function loaded(
    node: Deployment,
    { namespace, pod, container }: Asker,
    address: string,
    { rate, seconds }: Load,
): Promise<LoadResult> {
    const sign = await signerOf(loadStackFile("local", CHECKOUT).edge.issuers[0]);
    const printed = await node.kubectl(
        [
            ...["exec", "--stdin", "--namespace", namespace, pod, "--container", container, "--"],
            ...["/standin", "load", "--rate", String(rate), "--duration", `${seconds}s`],
        ],
        JSON.stringify(requestsTo(address, sign)),
    );
    const result = JSON.parse(printed) as LoadResult;
    const wrong = wrongIn(result);
    if (wrong !== undefined) throw new Error(`the load from ${namespace}/${pod} to ${address}: ${wrong}`);
    return result;
}

/** How many of a hundred requests may be answered otherwise, so that one that failed does not waste a quarter of an hour. */
const TOLERATED = 0.002;

/** What the answers say against the load, or undefined. */
export function wrongIn({ statuses, errors, micros }: LoadResult): string | undefined {
    const failed = Object.values(errors).reduce((sum, count) => sum + count, 0);
    const expected = { "200": 1 - 1 / EACH, "503": 1 / EACH };
    const sent = micros.length + failed;
    const told = JSON.stringify({ statuses, errors });
    const other = sent - (statuses["200"] ?? 0) - (statuses["503"] ?? 0);
    if (other > sent * TOLERATED) return `${other} of ${sent} were not answered as asked: ${told}`;
    const errant = Math.abs((statuses["503"] ?? 0) - sent * expected["503"]);
    return errant > Math.max(1, sent * TOLERATED)
        ? `not one of ${EACH} failed, as was asked: ${told}`
        : undefined;
}
