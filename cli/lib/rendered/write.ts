import {
    existsSync,
    mkdirSync,
    readFileSync,
    readdirSync,
    rmSync,
    rmdirSync,
    statSync,
    writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { RenderedFiles } from "./files";

/** Lists the files of the last rendering, so that the next one removes only stale files that it wrote. */
const LIST = ".mesh-render";

export interface WriteReport {
    readonly written: number;
    readonly unchanged: number;
    readonly removed: number;
}

/**
 * Writes `files` to `folder` and removes the stale files of the last rendering. Other files in it stay.
 *
 * @throws Error before anything is written, if a file exists that no rendering wrote, or if `folder` is a file
 */
export function writeFiles(folder: string, files: RenderedFiles): WriteReport {
    if (existsSync(folder) && !statSync(folder).isDirectory())
        throw new Error(`--out ${folder}: it is a file. Pass a folder.`);
    const before = previous(folder);
    const foreign = [...files.keys()].filter((path) => !before.has(path) && existsSync(join(folder, path)));
    if (foreign.length > 0) {
        throw new Error(
            `--out ${folder}: these files were not written by mesh render and would be overwritten:\n  ${foreign.join("\n  ")}\n` +
                "Pass another folder, or move the files away.",
        );
    }
    const removed = [...before].filter((path) => !files.has(path));
    // Write the list first, with old and new files: if the run is killed, the next one still knows them all.
    mkdirSync(folder, { recursive: true });
    writeList(folder, [...files.keys(), ...removed]);
    for (const path of removed) remove(folder, path);
    let written = 0;
    for (const [path, content] of files) written += write(join(folder, path), content) ? 1 : 0;
    writeList(folder, [...files.keys()]);
    return { written, unchanged: files.size - written, removed: removed.length };
}

function previous(folder: string): Set<string> {
    const list = join(folder, LIST);
    return new Set(existsSync(list) ? readFileSync(list, "utf8").split("\n").filter(Boolean) : []);
}

function writeList(folder: string, paths: readonly string[]): void {
    writeFileSync(
        join(folder, LIST),
        [...new Set(paths)]
            .sort()
            .map((path) => `${path}\n`)
            .join(""),
    );
}

function write(file: string, content: string): boolean {
    if (existsSync(file) && readFileSync(file, "utf8") === content) return false;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    return true;
}

/** Removes a file, and its parent folders if they are empty. */
function remove(folder: string, path: string): void {
    rmSync(join(folder, path), { force: true });
    for (let parent = dirname(path); parent !== "."; parent = dirname(parent)) {
        const full = join(folder, parent);
        if (!existsSync(full) || readdirSync(full).length > 0) return;
        rmdirSync(full);
    }
}
