/** The load on a hop, the same for all variants. */
import type { Sign } from "../../cli/verify";
import { loadStackFile } from "../../config/load";
import { CHECKOUT } from "../../test/live/checkout";
import type { Deployment } from "../../test/live/deployment";
import { bearer, signerOf } from "../../test/live/tokens";

export interface LoadSettings {
    /** Requests per second. */
    readonly rate: number;
    readonly seconds: number;
}

/** The output of `standin load` (local/standin). */
export interface LoadResult {
    readonly statuses: Readonly<Record<string, number>>;
    readonly errors: Readonly<Record<string, number>>;
    readonly micros: readonly number[];
    readonly lateMicros: readonly number[];
}

/** The container that sends the load. */
export interface LoadClient {
    readonly namespace: string;
    readonly pod: string;
    readonly container: string;
}

const REQUESTS = 100;
const TENANTS = ["acme", "globex", "initech", "one-of-many", undefined];

/** A hundred requests, one of which fails: reads of a list, reads of one object, and writes, for several tenants. */
export function requestsTo(address: string, sign: Sign): readonly object[] {
    // The callee's sidecar accepts a tenant only with its token.
    const headers = TENANTS.map((tenant) =>
        tenant === undefined ? {} : { "x-tenant": tenant, ...bearer(sign, { tenant }) },
    );
    return Array.from({ length: REQUESTS }, (_, index) => {
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
    if (index === REQUESTS - 1) return { method: "POST", path: "/v1/recordings/7/exports?status=503" };
    if (index % 10 === 9) return { method: "POST", path: `/v1/recordings/${index}/exports` };
    return { method: "GET", path: index % 3 === 0 ? `/v1/recordings/${index}` : "/v1/recordings" };
}

/** @throws if the responses are not as expected */
export async function runLoad(
    node: Deployment,
    { namespace, pod, container }: LoadClient,
    address: string,
    { rate, seconds }: LoadSettings,
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
    const mismatch = mismatchIn(result);
    if (mismatch !== undefined)
        throw new Error(`the load from ${namespace}/${pod} to ${address}: ${mismatch}`);
    return result;
}

/** The tolerated share of unexpected responses, so that a single failure does not waste a quarter of an hour. */
const TOLERATED = 0.002;

/** The difference between expected and actual responses, or undefined. */
export function mismatchIn({ statuses, errors, micros }: LoadResult): string | undefined {
    const failed = Object.values(errors).reduce((sum, count) => sum + count, 0);
    const expected = { "200": 1 - 1 / REQUESTS, "503": 1 / REQUESTS };
    const sent = micros.length + failed;
    const counts = JSON.stringify({ statuses, errors });
    const other = sent - (statuses["200"] ?? 0) - (statuses["503"] ?? 0);
    if (other > sent * TOLERATED) return `${other} of ${sent} had unexpected responses: ${counts}`;
    const errant = Math.abs((statuses["503"] ?? 0) - sent * expected["503"]);
    return errant > Math.max(1, sent * TOLERATED)
        ? `not one of ${REQUESTS} failed, as expected: ${counts}`
        : undefined;
}
