import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { pipeline } from "node:stream/promises";

/** A JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A digest of a value: 16 hexadecimal digits, independent of the order of an object's keys. */
export function digestOf(value: Json): string {
    return createHash("sha256").update(canonical(value)).digest("hex").slice(0, 16);
}

/** A file's SHA-256, in hexadecimal. */
export async function sha256OfFile(path: string): Promise<string> {
    const hash = createHash("sha256");
    await pipeline(createReadStream(path), hash);
    return hash.digest("hex");
}

/** Every regular file below a folder, as paths relative to it, sorted. */
export async function filesBelow(folder: string): Promise<string[]> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
        .filter((entry) => entry.isFile())
        .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
        .sort();
}

/** The text of the files below a folder that `include` selects, by relative path: the sources of a build. */
export async function sourcesBelow(
    folder: string,
    include: (path: string) => boolean,
): Promise<Record<string, string>> {
    const sources: Record<string, string> = {};
    for (const path of (await filesBelow(folder)).filter(include))
        sources[path] = await readFile(join(folder, path), "utf8");
    return sources;
}

function canonical(value: Json): string {
    if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
    if (typeof value !== "object" || value === null) return JSON.stringify(value);
    const entries = Object.entries(value as Record<string, Json>).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonical(item)}`).join(",")}}`;
}
