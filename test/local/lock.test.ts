import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

import { withLock } from "../../local/lib/lock";
import { sleep } from "../../local/lib/process";
import { skip } from "../support/skip";

const name = `unit-test-${process.pid}`;

/** Another process that acquires the lock, reports it, and holds it. */
function holder(): ReturnType<typeof spawn> {
    const script = `
        require("ts-node").register({ transpileOnly: true });
        require(${JSON.stringify(join(__dirname, "../../local/lib/lock"))}).withLock(${JSON.stringify(name)}, async () => {
            console.log("held");
            await new Promise((resolve) => setTimeout(resolve, 60000));
        });`;
    return spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
}

describe("a lock", () => {
    before(function () {
        if (process.platform !== "linux") skip(this, "the node's locks: it runs only on Linux");
    });

    it("admits one holder at a time", async () => {
        let inside = 0;
        let max = 0;
        const work = async (): Promise<void> => {
            max = Math.max(max, (inside += 1));
            await sleep(20);
            inside -= 1;
        };
        await Promise.all([1, 2, 3, 4].map(() => withLock(name, work)));
        assert.equal(max, 1);
    });

    it("is released after failed work", async () => {
        await assert.rejects(
            withLock(name, () => Promise.reject(new Error("failed"))),
            /failed/,
        );
        assert.equal(await withLock(name, () => Promise.resolve("next")), "next");
    });

    it("is released when its holder is killed, and reports the holder", async () => {
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
