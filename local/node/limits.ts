import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { readIfPresent, writeAtomically } from "../lib/files";

/**
 * Kernel limits of the whole machine that are too low for a node with a mesh, as files below /proc/sys, with the required
 * values. All sidecars run as the same user, and each watches files with several inotify instances: with the usual 128
 * per user, the fortieth sidecar fails with "too many open files".
 */
const REQUIRED_LIMITS: Readonly<Record<string, number>> = {
    "fs/inotify/max_user_instances": 8192,
    "fs/inotify/max_user_watches": 131_072,
};

/** The original values, by limit. */
type Originals = Readonly<Record<string, number>>;

/**
 * Raises the limits that are too low. Saves the original values to the state folder first, so that a stop can restore
 * them even if this run is killed.
 */
export async function raiseLimits(state: string, root = "/proc/sys"): Promise<void> {
    const originals = await readOriginals(state);
    const low: Record<string, number> = {};
    for (const [limit, minimum] of Object.entries(REQUIRED_LIMITS)) {
        const current = await read(join(root, limit));
        if (current < minimum) low[limit] = current;
    }
    if (Object.keys(low).length === 0) return;
    await writeAtomically(file(state), JSON.stringify({ ...low, ...originals }));
    for (const limit of Object.keys(low)) await writeFile(join(root, limit), String(REQUIRED_LIMITS[limit]));
}

/**
 * Restores the limits that were raised, unless they have been changed since.
 *
 * @returns one line for people for each restored limit
 */
export async function restoreLimits(state: string, root = "/proc/sys"): Promise<string[]> {
    const restored: string[] = [];
    for (const [limit, original] of Object.entries(await readOriginals(state))) {
        if ((await read(join(root, limit))) !== REQUIRED_LIMITS[limit]) continue;
        await writeFile(join(root, limit), String(original));
        restored.push(`the raised limit ${limit.replaceAll("/", ".")} (restored to ${original})`);
    }
    return restored;
}

async function readOriginals(state: string): Promise<Originals> {
    return JSON.parse((await readIfPresent(file(state))) ?? "{}") as Originals;
}

async function read(path: string): Promise<number> {
    return Number(await readFile(path, "utf8"));
}

function file(state: string): string {
    return join(state, "limits.json");
}
