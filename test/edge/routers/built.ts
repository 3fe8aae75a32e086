/** Applications that must be built first: into the user's cache, by the inputs that decide the result. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { paths } from "../../../local/paths";
import { type Part, makePart, storedPart } from "../../../local/toolchain/store";
import type { RouterProgram } from "./program";

const execute = promisify(execFile);
const BUILD_MS = 600_000;

/** Why this machine cannot run an application. */
export interface Missing {
    readonly missing: string;
}

export interface Recipe {
    /** As the application names itself in the header `x-read-by`. */
    readonly name: string;
    /** Programs that must be on the machine to build it: name and arguments that print a version. */
    readonly needs: readonly (readonly [program: string, ...args: string[]])[];
    /** Files that decide what is built. */
    readonly inputs: readonly string[];
    /** Fills an empty folder, which is renamed afterwards. */
    readonly build: (folder: string) => Promise<void>;
    /** How the application runs from that folder. */
    readonly program: (folder: string) => RouterProgram;
}

/**
 * The application's program, built or from the cache; or what is missing to build it.
 *
 * @param build whether to build what the cache does not hold: it downloads packages
 */
export async function prepared(recipe: Recipe, build: boolean): Promise<RouterProgram | Missing> {
    const { name, needs, program } = recipe;
    for (const [command, ...args] of needs) {
        const works = await execute(command, args).then(
            () => true,
            () => false,
        );
        if (!works) return { missing: `${name} needs ${command}, which this machine does not have` };
    }
    const cache = join(paths().cache, "..", "routers");
    const part = await partOf(recipe);
    const stored = await storedPart(cache, part);
    if (stored === undefined && !build)
        return { missing: `${name} is not built: npm run test:corpus builds it` };
    return program((stored ?? (await makePart(cache, part, () => undefined))).folder);
}

/** Runs one step of a build. */
export async function step(command: string, args: readonly string[]): Promise<void> {
    await execute(command, [...args], { timeout: BUILD_MS });
}

async function partOf({ name, needs, inputs, build }: Recipe): Promise<Part> {
    const hash = createHash("sha256").update(JSON.stringify(needs));
    for (const input of inputs) hash.update(await readFile(input));
    return { name, digest: hash.digest("hex").slice(0, 16), expectedSeconds: 60, make: build };
}
