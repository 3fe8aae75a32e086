/** Load between services during a disruptive operation. */
import { setTimeout as pause } from "node:timers/promises";
import { serviceHost } from "../../components/base/names";
import { run } from "./checkout";
import type { Deployment, ProbeResult } from "./deployment";
import type { SendRequests } from "./load";

const PER_ROUND = 40;

/** Calls of api-gateway: to several services, and one that is never retried. */
export const API_GATEWAY_CALLS = [
    "GET search/v1/search",
    "GET analytics/v1/occupancy",
    "GET recordings/v1/recordings",
    "POST video/v1/sessions",
];

/**
 * Calls from a service's container through its sidecar, some in each round.
 *
 * @param calls as `<method> <callee>/<path>`, on the callee's port 8080
 */
export function callsFrom(node: Deployment, caller: string, calls: readonly string[]): SendRequests {
    const requests = calls.map((call) => {
        const [, method, callee = "", path] = /^(\S+) ([^/]+)(\/.*)$/.exec(call) ?? [];
        return { address: `${serviceHost(callee)}:8080`, method, path };
    });
    const round = Array.from({ length: PER_ROUND }, (_, index) => ({
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
        // Requests in flight when the caller's pod terminates do not count.
        if (status !== 0) await pause(500);
        const results = stdout.split("\n").flatMap(parsed);
        const failed = results.filter((result) => result.status !== 200);
        return {
            count: results.length,
            failures: failed.map((one) => `${one.outcome} ${one.status ?? ""} ${one.detail}`),
        };
    };
}

/** A truncated line is not a result. */
function parsed(line: string): ProbeResult[] {
    try {
        return line === "" ? [] : [JSON.parse(line) as ProbeResult];
    } catch {
        return [];
    }
}
