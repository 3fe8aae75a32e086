/** Applications that must be built first: into the user's cache, keyed by their inputs. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { paths } from "../../../local/lib/paths";
import { type ToolchainPart, buildPart, storedPart } from "../../../local/toolchain/store";
import type { RouterProgram } from "./program";

const execute = promisify(execFile);
const BUILD_MS = 600_000;

/** Why this machine cannot run an application. */
export interface Missing {
    readonly missing: string;
}

export interface Recipe {
    /** The application's name in the header `x-read-by`. */
    readonly name: string;
    /** Programs that the build requires: name and arguments that print a version. */
    readonly needs: readonly (readonly [program: string, ...args: string[]])[];
    /** Input files of the build. */
    readonly inputs: readonly string[];
    /** Builds into an empty folder, which is renamed afterwards. */
    readonly build: (folder: string) => Promise<void>;
    /** The command that runs the application from that folder. */
    readonly program: (folder: string) => RouterProgram;
}

/**
 * The application's program, built or from the cache, or what is missing to build it.
 *
 * @param build whether to build if the cache does not contain it; a build downloads packages
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
    return program((stored ?? (await buildPart(cache, part, () => undefined))).folder);
}

/** Runs one step of a build. */
export async function step(command: string, args: readonly string[]): Promise<void> {
    await execute(command, [...args], { timeout: BUILD_MS });
}

async function partOf({ name, needs, inputs, build }: Recipe): Promise<ToolchainPart> {
    const hash = createHash("sha256").update(JSON.stringify(needs));
    for (const input of inputs) hash.update(await readFile(input));
    return { name, digest: hash.digest("hex").slice(0, 16), expectedSeconds: 60, make: build };
}
