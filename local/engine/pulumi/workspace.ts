/**
 * A folder from which the Pulumi CLI deploys the checkout's program. The checkout's own `Pulumi.<stack>.yaml` stays
 * as it is: the machine's values, and the salt that Pulumi adds, go into a copy here.
 */
import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, stat, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parse, stringify } from "yaml";
import { PROJECT } from "../../../config/load";
import { digestOf } from "../../digest";
import { ifPresent, readIfPresent, writeAtomically } from "../../files";
import { type DeployOptions, type Target } from "../types";

export interface Workspace {
    readonly folder: string;
    readonly stack: string;
    /** Where the CLI keeps the state. */
    readonly backend: string;
    readonly passphrase: string;
}

/** The stack's workspace for one cluster: the same stack on another cluster is another deployment. */
export function workspaceOf(
    { stateDir, stack }: Pick<Target, "stateDir" | "stack">,
    server: string,
): Workspace {
    const folder = join(resolve(stateDir), "pulumi", digestOf(server));
    return { folder, stack, backend: join(folder, "backend"), passphrase: join(folder, "passphrase") };
}

/** Whether the Pulumi CLI has deployed the stack from here. */
export async function hasState({ backend, stack }: Workspace): Promise<boolean> {
    const state = join(backend, ".pulumi", "stacks", PROJECT, `${stack}.json`);
    return (await ifPresent(stat(state))) !== undefined;
}

/** Whether an update was killed, or is under way: the backend's locks outlive their process. */
export async function isLocked({ backend, stack }: Workspace): Promise<boolean> {
    const locks = join(backend, ".pulumi", "locks", "organization", PROJECT, stack);
    return ((await ifPresent(readdir(locks))) ?? []).length > 0;
}

/** Writes what the CLI reads; safe to repeat. */
export async function prepare(
    workspace: Workspace,
    { configEntries, program }: DeployOptions,
): Promise<void> {
    await mkdir(workspace.backend, { recursive: true, mode: 0o700 });
    if ((await readIfPresent(workspace.passphrase)) === undefined) {
        await writeAtomically(workspace.passphrase, randomBytes(32).toString("hex"), 0o600);
    }
    const main = program ?? resolve(__dirname, "../../../index.ts");
    await writeAtomically(join(workspace.folder, "Pulumi.yaml"), projectFile(main));
    const settings = join(workspace.folder, `Pulumi.${workspace.stack}.yaml`);
    await writeAtomically(settings, settingsFile(await readIfPresent(settings), configEntries));
}

/** @param main absolute path of the program: the CLI runs it in its own folder, with its packages. */
export function projectFile(main: string): string {
    return stringify({ name: PROJECT, runtime: { name: "nodejs", options: { typescript: true } }, main });
}

/** A stack's settings with exactly this configuration; what Pulumi itself has put there, its salt, stays. */
export function settingsFile(
    existing: string | undefined,
    entries: Readonly<Record<string, unknown>>,
): string {
    const kept = (parse(existing ?? "") ?? {}) as Record<string, unknown>;
    const config = Object.fromEntries(
        Object.entries(entries)
            .filter(([, value]) => value !== undefined)
            .map(([key, value]) => [`${PROJECT}:${key}`, value]),
    );
    return stringify({ ...kept, config });
}

/** The environment of every CLI call, complete enough that nothing of the user's own Pulumi settings shows through. */
export async function environment({ backend, passphrase }: Workspace): Promise<Record<string, string>> {
    return {
        PULUMI_BACKEND_URL: `file://${backend}`,
        // By value: a value in the user's environment would beat a file.
        PULUMI_CONFIG_PASSPHRASE: await readFile(passphrase, "utf8"),
        PULUMI_SKIP_UPDATE_CHECK: "true",
    };
}

/** A folder with `bin/pulumi` in it, which is how the automation API wants to be told of a CLI. */
export async function cliRoot({ folder }: Workspace, program: string): Promise<string> {
    const root = join(folder, "cli", digestOf(program));
    await mkdir(join(root, "bin"), { recursive: true });
    await symlink(program, join(root, "bin", "pulumi")).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    });
    return root;
}
