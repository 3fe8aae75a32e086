/** Calls inside the mesh that go on while something is done to it. */
import { setTimeout as pause } from "node:timers/promises";
import { serviceHost } from "../../components/base/names";
import { run } from "./checkout";
import type { Deployment, ProbeResult } from "./deployment";
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
    const round = Array.from({ length: EACH }, (_, index) => ({
        id: String(index),
        protocol: "http",
        ...requests[index % requests.length],
    }));
    const input = JSON.stringify(round);
    return async () => {
        const { status, stdout } = await run(
            node.program("kubectl"),
            [
                ...["--kubeconfig", node.kubeconfig, "exec", "--stdin", "--namespace", "sparc"],
                ...[`deployment/${caller}`, "--container", "stand-in", "--"],
                ...["/standin", "probe", "--concurrency", "4"],
            ],
            undefined,
            input,
        );
        // Where the caller's own pod goes, what it was still asking was not asked by anybody.
        if (status !== 0) await pause(500);
        const results = stdout.split("\n").flatMap(parsed);
        const failed = results.filter((result) => result.status !== 200);
        return {
            count: results.length,
            failures: failed.map((one) => `${one.outcome} ${one.status ?? ""} ${one.detail}`),
        };
    };
}

/** A line that was cut off is no result. */
function parsed(line: string): ProbeResult[] {
    try {
        return line === "" ? [] : [JSON.parse(line) as ProbeResult];
    } catch {
        return [];
    }
}
