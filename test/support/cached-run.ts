/**
 * Results of the program's runs, shared by the worker processes of a test run, and by later runs of the same sources: a run
 * takes seconds. Without the folder, or with another version of any source, they are made again.
 */
import { createHash } from "node:crypto";
import {
    mkdirSync,
    readFileSync,
    readdirSync,
    renameSync,
    rmSync,
    statSync,
    utimesSync,
    writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { PLATFORM_VARIABLE } from "../../catalogue/load";
import { paths } from "../../local/lib/paths";

const ROOT = join(__dirname, "..", "..");
/** Folders of the checkout without influence on the program. */
const EXCLUDED = new Set([".git", ".github", ".wip", "bench", "build", "docs", "rendered", "test"]);
const MAX_UNUSED_MS = 24 * 3600 * 1000;
const POLL_MS = 50;
/** After this time a claim counts as left by a process that was killed, also in another container. */
const CLAIM_MS = 600_000;

const FOLDER = join(dirname(paths().cache), "test-runs");
const digests = new Map<string, string>();

/**
 * The result of `compute`, which depends on nothing but the sources, the selected platform and `name`. Another process that
 * computes it at the same time is waited for.
 *
 * @param compute its result must be JSON
 */
export async function cachedRun<T>(
    name: string,
    compute: () => Promise<T>,
    { folder = FOLDER, root = ROOT }: { readonly folder?: string; readonly root?: string } = {},
): Promise<T> {
    const sources = digests.get(root) ?? stateOf(root).digest;
    digests.set(root, sources);
    const file = join(folder, `${sources}-${name}.json`);
    const claim = `${file}.claim`;
    for (;;) {
        const text = read(file);
        if (text !== undefined) return JSON.parse(text) as T;
        if (claimed(folder, claim)) break;
        await pause(POLL_MS);
    }
    try {
        const text = JSON.stringify(await compute());
        // This process could have loaded an older version of a source that has changed since it started.
        const { digest, newest } = stateOf(root);
        if (digest === sources && newest < performance.timeOrigin) save(folder, file, text);
        // As from the file, so that the process that made it has the same result as all others.
        return JSON.parse(text) as T;
    } finally {
        release(claim);
    }
}

function read(file: string): string | undefined {
    try {
        const text = readFileSync(file, "utf8");
        utimesSync(file, new Date(), new Date());
        return text;
    } catch {
        return undefined;
    }
}

/** Whether this process computes the result: because it is the first, or because the folder cannot be used. */
function claimed(folder: string, claim: string): boolean {
    try {
        mkdirSync(folder, { recursive: true });
        writeFileSync(claim, String(process.pid), { flag: "wx" });
        return true;
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") return true;
    }
    try {
        return (
            Date.now() - statSync(claim).mtimeMs > CLAIM_MS || !isRunning(Number(readFileSync(claim, "utf8")))
        );
    } catch {
        // It has just been removed.
        return false;
    }
}

function release(claim: string): void {
    try {
        rmSync(claim, { force: true });
    } catch {
        // There is none: the folder cannot be used.
    }
}

function isRunning(pid: number): boolean {
    // Between its creation and its first bytes a claim is empty.
    if (pid === 0) return true;
    try {
        process.kill(pid, 0);
        return true;
    } catch (error) {
        return (error as NodeJS.ErrnoException).code === "EPERM";
    }
}

function save(folder: string, file: string, text: string): void {
    const temporary = `${file}.${process.pid}.tmp`;
    try {
        writeFileSync(temporary, text);
        renameSync(temporary, file);
        for (const name of readdirSync(folder)) {
            const path = join(folder, name);
            if (Date.now() - statSync(path).mtimeMs > MAX_UNUSED_MS) rmSync(path, { force: true });
        }
    } catch {
        // A cache that cannot be written only costs time.
    }
}

/**
 * The digest of the selected platform's name and of every file that the program could read, by path and content, and when the
 * newest of them was changed, in milliseconds.
 */
function stateOf(root: string): { readonly digest: string; readonly newest: number } {
    const hash = createHash("sha256").update(`${process.version}\0${process.env[PLATFORM_VARIABLE] ?? ""}\0`);
    let newest = 0;
    const add = (path: string): void => {
        const entries = readdirSync(join(root, path), { withFileTypes: true });
        for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
            const below = join(path, entry.name);
            if (entry.name === "node_modules" || EXCLUDED.has(below)) continue;
            if (entry.isDirectory()) add(below);
            else if (entry.isFile() && !entry.name.endsWith(".md")) {
                newest = Math.max(newest, statSync(join(root, below)).mtimeMs);
                hash.update(`${below}\0`)
                    .update(readFileSync(join(root, below)))
                    .update("\0");
            }
        }
    };
    add(".");
    return { digest: hash.digest("hex").slice(0, 16), newest };
}
