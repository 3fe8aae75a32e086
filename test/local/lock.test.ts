import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { withLock } from "../../local/lock";
import { sleep } from "../../local/process";
import { skip } from "../support/skip";

const name = `unit-test-${process.pid}`;

/** Another process that takes the lock, says so, and keeps it. */
function holder(): ReturnType<typeof spawn> {
    const script = `
        require("ts-node").register({ transpileOnly: true });
        require(${JSON.stringify(join(__dirname, "../../local/lock"))}).withLock(${JSON.stringify(name)}, async () => {
            console.log("held");
            await new Promise((resolve) => setTimeout(resolve, 60000));
        });`;
    return spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
}

describe("a lock", () => {
    before(function () {
        if (process.platform !== "linux") skip(this, "locks of the node: it runs on Linux alone");
    });

    it("lets one after the other in", async () => {
        let inside = 0;
        let most = 0;
        const work = async (): Promise<void> => {
            most = Math.max(most, (inside += 1));
            await sleep(20);
            inside -= 1;
        };
        await Promise.all([1, 2, 3, 4].map(() => withLock(name, work)));
        assert.equal(most, 1);
    });

    it("is free again after work that failed", async () => {
        await assert.rejects(
            withLock(name, () => Promise.reject(new Error("failed"))),
            /failed/,
        );
        assert.equal(await withLock(name, () => Promise.resolve("next")), "next");
    });

    it("is free again when its holder is killed, and tells who held it", async () => {
        const child = holder();
        assert.ok(child.stdout);
        await once(child.stdout, "data");
        const waits: string[] = [];
        const entered = withLock(
            name,
            () => Promise.resolve("mine"),
            (other) => {
                waits.push(other);
                child.kill("SIGKILL");
            },
        );
        assert.equal(await entered, "mine");
        assert.equal(waits.length, 1);
        assert.ok(waits[0]?.startsWith(`process ${child.pid}`), waits[0]);
    });
});
