import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { ensureToolchain, nodeStatus, silentProgress, startNode, stopNode } from "../../local";
import { nodeCgroups } from "../../local/node/cgroups";
import { type NodeProcess, nodeProcesses, signal } from "../../local/node/processes";
import { run, sleep } from "../../local/lib/process";
import { randomSource } from "../support/random";

const checkout = join(__dirname, "..", "..");
const start = (): ReturnType<typeof startNode> => startNode({ progress: silentProgress() });

/** Machine-wide settings that a node's daemons are known to change. */
const machineSettings = [
    "fs/inotify/max_user_instances",
    "fs/inotify/max_user_watches",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "net/ipv4/ip_forward",
    "vm/overcommit_memory",
    "vm/panic_on_oom",
];

/** Traces that a node could leave on the host. */
async function footprint(): Promise<Record<string, unknown>> {
    const read = (path: string): Promise<string> => readFile(path, "utf8");
    const mounts = (await read("/proc/self/mountinfo")).split("\n").map((line) => line.split(" ")[4]);
    return {
        processes: await nodeProcesses(),
        mounts: mounts.sort(),
        cgroups: await nodeCgroups(),
        interfaces: (await run("ip", ["-brief", "link"])).split("\n").map((line) => line.split(/\s/)[0]),
        routes: await run("ip", ["route", "show", "table", "all"]),
        settings: await Promise.all(machineSettings.map((name) => read(`/proc/sys/${name}`))),
    };
}

/** The running daemons, by name. */
async function daemons(): Promise<Map<string, NodeProcess>> {
    const leaders = (await nodeProcesses()).filter(
        (process) => process.leader && process.program === process.role,
    );
    return new Map(leaders.map((process) => [process.role, process]));
}

/** Starts the node in a separate process, which can be killed. */
function starter(): ChildProcess {
    return spawn(process.execPath, ["-r", "ts-node/register", "local/main.ts", "start"], {
        cwd: checkout,
        stdio: "ignore",
    });
}

function ended(child: ChildProcess): Promise<number | null> {
    return new Promise((resolve) => child.once("exit", resolve));
}

describe("the embedded node", function () {
    this.timeout(300_000);
    let untouched: Record<string, unknown>;

    before(async () => {
        await stopNode({ progress: silentProgress() });
        untouched = await footprint();
    });

    after(async () => {
        await stopNode({ progress: silentProgress() });
    });

    it("starts, and then has a ready node with DNS and metrics", async () => {
        const node = await start();
        const status = await nodeStatus();
        assert.equal(status.state, "up", JSON.stringify(status));
        assert.equal(status.kubeconfig, node.kubeconfig);
    });

    it("keeps every process when it is started again", async () => {
        const first = await daemons();
        await start();
        assert.deepEqual(await daemons(), first);
    });

    it("replaces a daemon that was killed, and no other", async () => {
        for (const [name, process] of await daemons()) {
            const others = await daemons();
            others.delete(name);
            await signal(process, "SIGKILL");
            await start();
            const now = await daemons();
            assert.notDeepEqual(now.get(name), process, `${name} was not replaced`);
            now.delete(name);
            assert.deepEqual(now, others, `replacing ${name} touched others`);
            assert.equal((await nodeStatus()).state, "up");
        }
    });

    it("restarts with its data after all processes were killed at once", async () => {
        const { kubeconfig } = await start();
        const env = { ...process.env, KUBECONFIG: kubeconfig };
        const kubectl = (await ensureToolchain(silentProgress())).program("kubectl");
        await run(kubectl, ["create", "configmap", "kept", "--from-literal=key=value"], { env });
        const all = await nodeProcesses();
        await Promise.all(all.map((process) => signal(process, "SIGKILL")));
        await start();
        assert.equal((await nodeStatus()).state, "up");
        const value = await run(kubectl, ["get", "configmap", "kept", "-o", "jsonpath={.data.key}"], { env });
        assert.equal(value, "value");
    });

    it("is completed by the next start when a start was killed at any moment", async () => {
        const moments = randomSource("the times at which a start is killed");
        for (let attempt = 0; attempt < 6; attempt += 1) {
            if (attempt % 2 === 0) await stopNode({ progress: silentProgress() });
            const child = starter();
            const end = ended(child);
            await sleep(1000 + moments.integer(9000));
            child.kill("SIGKILL");
            await end;
            if (attempt % 3 === 2)
                await Promise.all((await nodeProcesses()).map((process) => signal(process, "SIGKILL")));
            await start();
            assert.equal((await nodeStatus()).state, "up", `after attempt ${attempt}`);
        }
    });

    it("does not interleave two starts", async () => {
        await stopNode({ progress: silentProgress() });
        const codes = await Promise.all([ended(starter()), ended(starter())]);
        assert.deepEqual(codes, [0, 0]);
        const roles = (await nodeProcesses()).filter(
            (process) => process.leader && process.program === process.role,
        );
        assert.equal(new Set(roles.map((process) => process.role)).size, roles.length, "a daemon runs twice");
    });

    it("leaves nothing behind when it is stopped", async () => {
        const report = await stopNode({ progress: silentProgress() });
        assert.ok(report.removed.length > 0);
        assert.deepEqual(report.left, []);
        assert.deepEqual(await footprint(), untouched);
        assert.equal((await nodeStatus()).state, "absent");
    });

    it("has nothing to remove when it is stopped again", async () => {
        assert.deepEqual(await stopNode({ progress: silentProgress() }), { removed: [], left: [] });
    });
});
