/** The duration of `mesh up`: on a new node, and again without changes. */
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

/** Seconds from no node to everything ready (with the toolchain built), and of a second run. Leaves the node running. */
export function benchUp(): Row[] {
    mesh("down");
    const warm = mesh("up", "--json");
    const again = mesh("up", "--json");
    return [
        {
            name: "mesh up, toolchain built, no node",
            value: `${warm.toFixed(1)} s`,
            ratio: "1.00 ×",
            target: "under 90 s",
        },
        {
            name: "mesh up again, no changes",
            value: `${again.toFixed(1)} s`,
            ratio: `${(again / warm).toFixed(2)} ×`,
            target: "under 10 s",
        },
    ];
}
