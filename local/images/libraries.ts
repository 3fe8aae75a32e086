import { realpath } from "node:fs/promises";

import { run } from "../lib/process";
import type { ImageFile } from "./archive";

/**
 * The shared libraries of dynamic programs, and the loader, as files of an image in the loader's search path.
 *
 * @param libraryFolder searched before the system's folders
 * @throws Error with a program and its missing library
 */
export async function librariesOf(programs: readonly string[], libraryFolder: string): Promise<ImageFile[]> {
    const files = new Map<string, ImageFile>();
    for (const program of programs) {
        const output = await run("ldd", [program], {
            env: { ...process.env, LD_LIBRARY_PATH: libraryFolder },
        });
        for (const { name, path } of parseLdd(output, program)) {
            // Programs contain the absolute path of the loader, but only the names of libraries.
            const target = name.startsWith("/") ? name : `/usr/lib/${name}`;
            files.set(target, { path: target, from: await realpath(path), mode: 0o755 });
        }
    }
    return [...files.values()];
}

/** Parses the output of `ldd`: the name and the path of each library. */
export function parseLdd(output: string, program: string): { name: string; path: string }[] {
    return output.split("\n").flatMap((line) => {
        const missing = /^\s*(\S+) => not found/.exec(line);
        if (missing) throw new Error(`${program} needs the library ${missing[1]}, which is not installed.`);
        const library = /^\s*(\S+) => (\/\S+) \(/.exec(line);
        if (library?.[1] && library[2]) return [{ name: library[1], path: library[2] }];
        const loader = /^\s*(\/\S+) \(/.exec(line);
        return loader?.[1] ? [{ name: loader[1], path: loader[1] }] : [];
    });
}
