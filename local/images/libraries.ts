import { realpath } from "node:fs/promises";

import { run } from "../process";
import type { ImageFile } from "./archive";

/**
 * The shared libraries, loader included, that dynamic programs need, as files of an image that lie where
 * the loader looks for them.
 *
 * @param libraryFolder searched before the system's own folders
 * @throws Error naming a program and the library that it lacks
 */
export async function librariesOf(programs: readonly string[], libraryFolder: string): Promise<ImageFile[]> {
    const files = new Map<string, ImageFile>();
    for (const program of programs) {
        const output = await run("ldd", [program], {
            env: { ...process.env, LD_LIBRARY_PATH: libraryFolder },
        });
        for (const { name, path } of parseLdd(output, program)) {
            // The loader's own path is absolute and part of each program; libraries go by name alone.
            const target = name.startsWith("/") ? name : `/usr/lib/${name}`;
            files.set(target, { path: target, from: await realpath(path), mode: 0o755 });
        }
    }
    return [...files.values()];
}

/** What `ldd` printed: the name under which a library is asked for, and where it was found. */
export function parseLdd(output: string, program: string): { name: string; path: string }[] {
    return output.split("\n").flatMap((line) => {
        const missing = /^\s*(\S+) => not found/.exec(line);
        if (missing) throw new Error(`${program} needs the library ${missing[1]}, which this machine lacks.`);
        const library = /^\s*(\S+) => (\/\S+) \(/.exec(line);
        if (library?.[1] && library[2]) return [{ name: library[1], path: library[2] }];
        const loader = /^\s*(\/\S+) \(/.exec(line);
        return loader?.[1] ? [{ name: loader[1], path: loader[1] }] : [];
    });
}
