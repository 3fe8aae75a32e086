import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Writes a file atomically: readers, also after a kill, find either the old or the new content.
 *
 * @returns whether the content changed
 */
export async function writeAtomically(path: string, content: string, mode = 0o600): Promise<boolean> {
    if ((await readIfPresent(path)) === content) {
        await chmod(path, mode);
        return false;
    }
    await mkdir(dirname(path), { recursive: true });
    const temporary = `${path}.${randomBytes(4).toString("hex")}.tmp`;
    try {
        await writeFile(temporary, content, { mode });
        await rename(temporary, path);
    } catch (error) {
        await rm(temporary, { force: true });
        throw error;
    }
    return true;
}

/** A file's text; undefined if the file does not exist. */
export async function readIfPresent(path: string): Promise<string | undefined> {
    return ifPresent(readFile(path, "utf8"));
}

/** The result of a file operation; undefined if the file, folder or process does not exist. */
export async function ifPresent<T>(operation: Promise<T>): Promise<T | undefined> {
    try {
        return await operation;
    } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
    }
}

/** ENOENT for a missing path; ESRCH for files in /proc of a process that has ended. */
function isMissing(error: unknown): boolean {
    const code = (error as NodeJS.ErrnoException).code;
    return code === "ENOENT" || code === "ESRCH" || code === "ENOTDIR";
}
