import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { filesBelow, sha256OfFile } from "../lib/digest";
import { ifPresent, readIfPresent } from "../lib/files";
import type { Report } from "../lib/progress";

/** A part of the toolchain, which is stored atomically in the cache. */
export interface ToolchainPart {
    readonly name: string;
    /** A digest of everything that determines the part's content. */
    readonly digest: string;
    readonly expectedSeconds: number;
    /** Creates the content in an empty folder. */
    readonly make: (folder: string, report: Report) => Promise<void>;
}

/** A complete part. */
export interface StoredPart {
    readonly folder: string;
    /** The SHA-256 of each regular file, by relative path. */
    readonly files: Readonly<Record<string, string>>;
}

/** Written last; contains the SHA-256 of each file. */
const manifestName = ".part.json";
const unfinishedPrefix = ".unfinished-";
/** Superseded parts are removed after this time without use. */
const keepUnusedMilliseconds = 14 * 24 * 3600 * 1000;

/** The folder of a complete part. */
export function partFolder(cache: string, part: Pick<ToolchainPart, "name" | "digest">): string {
    return join(cache, `${part.name}-${part.digest}`);
}

/** The part if it is complete, otherwise undefined. */
export async function storedPart(cache: string, part: ToolchainPart): Promise<StoredPart | undefined> {
    const folder = partFolder(cache, part);
    const manifest = await readIfPresent(join(folder, manifestName));
    return manifest === undefined
        ? undefined
        : { folder, files: JSON.parse(manifest) as StoredPart["files"] };
}

/**
 * Builds a part in a temporary folder and renames it when it is complete, so that a kill never leaves an incomplete part.
 */
export async function buildPart(cache: string, part: ToolchainPart, report: Report): Promise<StoredPart> {
    await mkdir(cache, { recursive: true });
    const temporary = await mkdtemp(join(cache, `${unfinishedPrefix}${part.name}-`));
    try {
        await part.make(temporary, report);
        const files: Record<string, string> = {};
        for (const path of await filesBelow(temporary))
            files[path] = await sha256OfFile(join(temporary, path));
        await writeFile(join(temporary, manifestName), JSON.stringify(files));
        const folder = partFolder(cache, part);
        // A folder without a manifest at the final path is not a complete part; it would make the rename fail.
        await remove(folder);
        await rename(temporary, folder);
        return { folder, files };
    } finally {
        await remove(temporary);
    }
}

/** Records the use of parts, so that builds of other checkouts do not remove them. */
export async function recordUse(cache: string, parts: readonly ToolchainPart[]): Promise<void> {
    const now = new Date();
    await Promise.all(parts.map((part) => utimes(partFolder(cache, part), now, now)));
}

/**
 * Removes unfinished parts of killed runs, and other versions of these parts that have not been used for two weeks. Call it
 * with the toolchain's lock held.
 */
export async function removeUnused(cache: string, parts: readonly ToolchainPart[]): Promise<void> {
    const current = new Set(parts.map((part) => `${part.name}-${part.digest}`));
    const successors = parts.map((part) => new RegExp(`^${part.name}-[0-9a-f]{16}$`));
    for (const entry of (await ifPresent(readdir(cache))) ?? []) {
        const path = join(cache, entry);
        if (current.has(entry)) continue;
        if (entry.startsWith(unfinishedPrefix)) {
            await remove(path);
        } else if (successors.some((pattern) => pattern.test(entry))) {
            const unused = Date.now() - (await stat(path)).mtimeMs;
            if (unused > keepUnusedMilliseconds) await remove(path);
        }
    }
}

/** Retries, because a compiler of a killed run may still write into the folder. */
async function remove(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
