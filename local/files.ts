import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Writes a file so that a reader, or a run after a kill, finds the old content or the new, never a part.
 *
 * @returns whether anything changed; a file that already has this content and mode is left alone
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

/** A file's text, or undefined where there is no such file. */
export async function readIfPresent(path: string): Promise<string | undefined> {
    return ifPresent(readFile(path, "utf8"));
}

/** What a file operation gives, or undefined where the file, folder or process has gone. */
export async function ifPresent<T>(operation: Promise<T>): Promise<T | undefined> {
    try {
        return await operation;
    } catch (error) {
        if (isGone(error)) return undefined;
        throw error;
    }
}

/** ENOENT for what has no name any more; ESRCH for what a process that has ended leaves in /proc. */
function isGone(error: unknown): boolean {
    const code = (error as NodeJS.ErrnoException).code;
    return code === "ENOENT" || code === "ESRCH" || code === "ENOTDIR";
}
