import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { readIfPresent, writeAtomically } from "../files";

/**
 * Limits of the whole machine that one node with a mesh outgrows, as files below /proc/sys, and what it
 * needs. All sidecars run as the same user, and each watches files with several inotify instances: at the
 * usual 128 for a user, the fortieth sidecar fails with "too many open files".
 */
const needed: Readonly<Record<string, number>> = {
    "fs/inotify/max_user_instances": 8192,
    "fs/inotify/max_user_watches": 131_072,
};

/** The values from before, by limit. */
type Originals = Readonly<Record<string, number>>;

/**
 * Raises the limits that are too low. What they were is written to the state folder first, so that a stop
 * can put them back even if this run is killed.
 */
export async function raiseLimits(state: string, root = "/proc/sys"): Promise<void> {
    const originals = await readOriginals(state);
    const low: Record<string, number> = {};
    for (const [limit, least] of Object.entries(needed)) {
        const current = await read(join(root, limit));
        if (current < least) low[limit] = current;
    }
    if (Object.keys(low).length === 0) return;
    await writeAtomically(file(state), JSON.stringify({ ...low, ...originals }));
    for (const limit of Object.keys(low)) await writeFile(join(root, limit), String(needed[limit]));
}

/**
 * Puts the limits back that were raised, unless somebody has changed them since.
 *
 * @returns for people: one line for each that was put back
 */
export async function restoreLimits(state: string, root = "/proc/sys"): Promise<string[]> {
    const restored: string[] = [];
    for (const [limit, original] of Object.entries(await readOriginals(state))) {
        if ((await read(join(root, limit))) !== needed[limit]) continue;
        await writeFile(join(root, limit), String(original));
        restored.push(`the higher limit ${limit.replaceAll("/", ".")} (${original} again)`);
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
