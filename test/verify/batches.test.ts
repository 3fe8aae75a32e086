/** The order and the concurrency in which pods send the requests of checks. */
import assert from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import type { Cluster, Command } from "../../cli/lib/cluster/cluster";
import type { Check } from "../../cli/verify/model";
import { type Batch, runBatches } from "../../cli/verify/probe/batches";
import { SILENT } from "../../cli/verify/status-line";

const PODS = 12;

/** A pod with one check, whose callee delays it. */
function batch(pod: string, milliseconds: number): Batch {
    const check: Check = {
        id: pod,
        layer: "resilience",
        source: { kind: "service", name: pod, namespace: "sparc", account: pod },
        destination: {
            kind: "service",
            ...{ name: "auth", namespace: "sparc", portName: "http", host: "auth" },
            port: { protocol: "http", number: 8080, requests: ["GET /x"] },
        },
        request: { protocol: "http", method: "GET", path: "/x" },
        ...(milliseconds > 0 ? { behavior: { kind: "delay", milliseconds } } : {}),
        expected: { kind: "answered", caller: null },
        reason: "a test",
    } as unknown as Check;
    return { pod: { namespace: "sparc", pod, container: "stand-in" }, checks: [check] };
}

/** Runs the batches. @returns the pods in the order in which they started, the maximum at the same time, and the results' */
async function run(batches: readonly Batch[]) {
    const started: string[] = [];
    let running = 0;
    let max = 0;
    const exec = async ({ pod, stdin }: Command) => {
        started.push(pod);
        max = Math.max(max, (running += 1));
        await turn();
        running -= 1;
        const [{ id } = { id: "" }] = JSON.parse(stdin) as { id: string }[];
        const result = { id, outcome: "answered", status: 200, answer: null, detail: "", ms: 1, attempts: 1 };
        return { code: 0, stdout: JSON.stringify(result), stderr: "" };
    };
    const results = await runBatches({ exec } as unknown as Cluster, batches, {
        credentials: { certificates: new Map(), sign: undefined, clients: new Map() } as never,
        signal: new AbortController().signal,
        progress: SILENT,
        title: "testing",
    });
    return { started, max, ids: results.map(({ check }) => check.id) };
}

describe("the batches of mesh verify", () => {
    const names = Array.from({ length: PODS }, (_, index) => `pod-${index}`);

    it("run in four pods at a time", async () => {
        const { started, max, ids } = await run(names.map((name) => batch(name, 0)));
        assert.equal(max, 4);
        assert.deepEqual(started, names);
        assert.deepEqual(ids, names);
    });

    it("run in eight pods at a time if callees delay requests, the longest delays first", async () => {
        const { started, max, ids } = await run(names.map((name, index) => batch(name, index * 1000)));
        assert.equal(max, 8);
        assert.deepEqual(started, [...names].reverse());
        assert.deepEqual(ids, names);
    });
});
