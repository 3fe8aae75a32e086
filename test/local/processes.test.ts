import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";

import { listeningPorts } from "../../local/node/health";
import { isAlive, marks, nodeProcesses, parseStat, signal } from "../../local/node/processes";
import { CommandError, run, waitFor } from "../../local/lib/process";
import { skip } from "../support/skip";

describe("a process in /proc", () => {
    it("is parsed with a name that contains parentheses and spaces", () => {
        const stat = `77 (a) b (c) S 1 70 71 0 -1 4194560 ${Array.from({ length: 12 }, (_, i) => i).join(" ")} 4242 9`;
        assert.deepEqual(parseStat(stat), { status: "S", session: 71, started: 4242 });
    });

    it("is found by its mark, and not confused with a later process of the same id", async function () {
        if (process.platform !== "linux") skip(this, "the node's processes: it runs only on Linux");
        const env = {
            ...process.env,
            [marks.role]: "unit-test",
            [marks.digest]: "d",
            [marks.state]: "/nowhere",
        };
        const child = spawn("sleep", ["60"], { env, detached: true, stdio: "ignore" });
        const end = once(child, "exit");
        const running = await waitFor(
            async () =>
                (await nodeProcesses()).find(({ pid, program }) => pid === child.pid && program === "sleep"),
            () => "the marked process was not found",
            { timeout: 5000 },
        );
        assert.equal(running.role, "unit-test");
        assert.equal(running.leader, true);
        const successor = { ...running, started: running.started + 1 };
        assert.equal(await isAlive(successor), false);
        await signal(successor, "SIGKILL");
        assert.equal(await isAlive(running), true, "a signal was sent to another process of the same id");
        await signal(running, "SIGKILL");
        await end;
        assert.equal(await isAlive(running), false);
    });
});

describe("the socket table", () => {
    it("contains the ports that are in use", () => {
        const table = [
            "  sl  local_address rem_address   st tx_queue rx_queue",
            "   0: 0100007F:0947 00000000:0000 0A 00000000:00000000",
            "   1: 0100007F:0950 0100007F:0947 01 00000000:00000000",
            "   2: 00000000000000000000000000000000:192B 00000000000000000000000000000000:0000 0A 00000000:00000000",
        ].join("\n");
        assert.deepEqual([...listeningPorts(table)], [2375, 6443]);
    });
});

describe("running a command", () => {
    it("returns its output, and passes standard input", async () => {
        assert.equal(await run("cat", [], { input: { text: "hello" } }), "hello");
    });

    it("fails with the command, its exit status, and the end of its error output", async () => {
        await assert.rejects(run("sh", ["-c", "echo broken >&2; exit 3"]), (error) => {
            assert.ok(error instanceof CommandError);
            assert.equal(error.reason, 3);
            assert.equal(error.stderr, "broken");
            return true;
        });
        await assert.rejects(run("no-such-command", []), { reason: "ENOENT" });
    });

    it("does not fail if a command does not read all its input", async () => {
        await run("true", [], { input: { text: "x".repeat(1_000_000) } });
    });
});
