/** How long `mesh up` takes: on a new node, and again when there is nothing to do. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import type { Row } from "./report";

const MESH = join(__dirname, "..", "cli", "bin", "mesh.js");

function mesh(...args: string[]): number {
    const started = performance.now();
    const { status, stderr } = spawnSync(process.execPath, [MESH, ...args], { encoding: "utf8" });
    if (status !== 0) throw new Error(`mesh ${args.join(" ")} failed: ${stderr}`);
    return (performance.now() - started) / 1000;
}

/** Seconds from no node to all ready with the toolchain built, and of a second run. Leaves the node running. */
export function benchUp(): Row[] {
    mesh("down");
    const warm = mesh("up", "--json");
    const again = mesh("up", "--json");
    return [
        {
            what: "mesh up, toolchain built, no node",
            value: `${warm.toFixed(1)} s`,
            ratio: "1.00 ×",
            aim: "under 90 s",
        },
        {
            what: "mesh up again, nothing to do",
            value: `${again.toFixed(1)} s`,
            ratio: `${(again / warm).toFixed(2)} ×`,
            aim: "under 10 s",
        },
    ];
}
