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

/** Lists what the last rendering wrote, so that the next one removes what is gone and nothing that is not its own. */
const LIST = ".mesh-render";

export interface WriteReport {
    readonly written: number;
    readonly unchanged: number;
    readonly removed: number;
}

/**
 * Makes `folder` hold exactly `files`, beside whatever else is there that no rendering wrote.
 *
 * @throws Error before anything is written, if a file is in the way that no rendering wrote, or `folder` is one.
 */
export function writeFiles(folder: string, files: RenderedFiles): WriteReport {
    if (existsSync(folder) && !statSync(folder).isDirectory())
        throw new Error(`${folder} is a file, and --out takes a folder: name another one.`);
    const before = previous(folder);
    const foreign = [...files.keys()].filter((path) => !before.has(path) && existsSync(join(folder, path)));
    if (foreign.length > 0) {
        throw new Error(
            `${folder} holds files that no rendering wrote and that this one would replace:\n  ${foreign.join("\n  ")}\n` +
                "Give --out another folder, or move them away.",
        );
    }
    const removed = [...before].filter((path) => !files.has(path));
    // The list comes first and names both: a killed run leaves no file that the next one would not know.
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

/** Removes a file and the folders that it leaves empty. */
function remove(folder: string, path: string): void {
    rmSync(join(folder, path), { force: true });
    for (let parent = dirname(path); parent !== "."; parent = dirname(parent)) {
        const full = join(folder, parent);
        if (!existsSync(full) || readdirSync(full).length > 0) return;
        rmdirSync(full);
    }
}
