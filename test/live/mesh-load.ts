/** Calls inside the mesh that go on while something is done to it. */
import { serviceHost } from "../../components/base/names";
import type { Deployment } from "./deployment";
import type { Ask } from "./load";

const EACH = 40;

/** What api-gateway asks: of several services, and one of them what is never tried again. */
export const ASKED_BY_GATEWAY = [
    "GET search/v1/search",
    "GET analytics/v1/occupancy",
    "GET recordings/v1/recordings",
    "POST video/v1/sessions",
];

/**
 * A service's own container calls others through its own sidecar, some of them in each round.
 *
 * @param calls as `<verb> <callee>/<path>`, on the callee's port 8080
 */
export function callsFrom(node: Deployment, caller: string, calls: readonly string[]): Ask {
    const requests = calls.map((call) => {
        const [, method, callee = "", path] = /^(\S+) ([^/]+)(\/.*)$/.exec(call) ?? [];
        return { address: `${serviceHost(callee)}:8080`, method, path };
    });
    const round = Array.from({ length: EACH }, (_, index) => requests[index % requests.length] ?? {});
    return async () => {
        const results = await node.probe(caller, round, 4);
        const failed = results.filter(({ status }) => status !== 200);
        return {
            count: results.length,
            failures: failed.map(({ outcome, status, detail }) => `${outcome} ${status ?? ""} ${detail}`),
        };
    };
}
