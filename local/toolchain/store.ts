import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { filesBelow, sha256OfFile } from "../digest";
import { ifPresent, readIfPresent } from "../files";
import type { Report } from "../progress";

/** One thing in the cache that is made whole or not at all. */
export interface Part {
    readonly name: string;
    /** Stands for everything that decides the part's content; another digest is another part. */
    readonly digest: string;
    readonly expectedSeconds: number;
    /** Fills the empty folder it is given. */
    readonly make: (folder: string, report: Report) => Promise<void>;
}

/** A part that is complete. */
export interface StoredPart {
    readonly folder: string;
    /** Relative path of each regular file to its SHA-256. */
    readonly files: Readonly<Record<string, string>>;
}

/** Written last into a part; also tells the content of each file without reading it again. */
const manifestName = ".part.json";
const unfinishedPrefix = ".unfinished-";
/** A part that no run has used for so long, and that has a successor, is dropped. */
const keepUnusedMilliseconds = 14 * 24 * 3600 * 1000;

/** Where a part lies once it is complete. */
export function partFolder(cache: string, part: Pick<Part, "name" | "digest">): string {
    return join(cache, `${part.name}-${part.digest}`);
}

/** The part if it is complete, else undefined. */
export async function storedPart(cache: string, part: Part): Promise<StoredPart | undefined> {
    const folder = partFolder(cache, part);
    const manifest = await readIfPresent(join(folder, manifestName));
    return manifest === undefined
        ? undefined
        : { folder, files: JSON.parse(manifest) as StoredPart["files"] };
}

/**
 * Makes a part in a temporary folder and renames it when complete, so that a kill at any moment leaves
 * either the whole part or nothing that counts as one.
 */
export async function makePart(cache: string, part: Part, report: Report): Promise<StoredPart> {
    await mkdir(cache, { recursive: true });
    const temporary = await mkdtemp(join(cache, `${unfinishedPrefix}${part.name}-`));
    try {
        await part.make(temporary, report);
        const files: Record<string, string> = {};
        for (const path of await filesBelow(temporary))
            files[path] = await sha256OfFile(join(temporary, path));
        await writeFile(join(temporary, manifestName), JSON.stringify(files));
        const folder = partFolder(cache, part);
        // A folder without a manifest under the final name is none of ours; it would make the rename fail.
        await remove(folder);
        await rename(temporary, folder);
        return { folder, files };
    } finally {
        await remove(temporary);
    }
}

/** Notes that the parts were used, so that no other checkout's build takes them for forgotten. */
export async function noteUse(cache: string, parts: readonly Part[]): Promise<void> {
    const now = new Date();
    await Promise.all(parts.map((part) => utimes(partFolder(cache, part), now, now)));
}

/**
 * Removes what nobody needs: what killed runs left unfinished, and other versions of these parts that have
 * not been used for two weeks. Call it under the toolchain's lock.
 */
export async function tidy(cache: string, parts: readonly Part[]): Promise<void> {
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

/** A compiler whose starter was killed may still write into a folder that is being removed: hence the retries. */
async function remove(folder: string): Promise<void> {
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
}
