/** Folders of tests, which are removed when the process ends. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folders: string[] = [];

process.on("exit", () => {
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A new empty folder whose name starts with `prefix`. */
export function temporaryFolder(prefix: string): string {
    const folder = mkdtempSync(join(tmpdir(), prefix));
    folders.push(folder);
    return folder;
}
