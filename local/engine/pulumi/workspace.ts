/**
 * The folder from which the Pulumi CLI deploys the checkout's program. The checkout's `Pulumi.<stack>.yaml` stays unchanged:
 * the machine's values, and the salt that Pulumi adds, go into a copy here.
 */
import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, stat, symlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parse, stringify } from "yaml";
import { PROJECT } from "../../../config/load";
import { digestOf } from "../../lib/digest";
import { ifPresent, readIfPresent, writeAtomically } from "../../lib/files";
import { type DeployOptions, type StackTarget } from "../types";

export interface Workspace {
    readonly folder: string;
    readonly stack: string;
    /** The folder of the CLI's state backend. */
    readonly backend: string;
    readonly passphrase: string;
}

/** The stack's workspace for one cluster: each cluster has a separate state. */
export function workspaceOf(
    { stateDir, stack }: Pick<StackTarget, "stateDir" | "stack">,
    server: string,
): Workspace {
    const folder = join(resolve(stateDir), "pulumi", digestOf(server));
    return { folder, stack, backend: join(folder, "backend"), passphrase: join(folder, "passphrase") };
}

/** Whether the Pulumi CLI has deployed the stack from this workspace. */
export async function hasState({ backend, stack }: Workspace): Promise<boolean> {
    const state = join(backend, ".pulumi", "stacks", PROJECT, `${stack}.json`);
    return (await ifPresent(stat(state))) !== undefined;
}

/** Whether an update is in progress or was killed: the backend's locks outlive their process. */
export async function isLocked({ backend, stack }: Workspace): Promise<boolean> {
    const locks = join(backend, ".pulumi", "locks", "organization", PROJECT, stack);
    return ((await ifPresent(readdir(locks))) ?? []).length > 0;
}

/** Writes the CLI's files. Idempotent. */
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

/** @param main absolute path of the program: the CLI runs it in the program's folder, with its packages. */
export function projectFile(main: string): string {
    return stringify({ name: PROJECT, runtime: { name: "nodejs", options: { typescript: true } }, main });
}

/** A stack's settings with exactly this configuration, and with Pulumi's salt preserved. */
export function settingsFile(
    existing: string | undefined,
    entries: Readonly<Record<string, unknown>>,
): string {
    const previous = (parse(existing ?? "") ?? {}) as Record<string, unknown>;
    const config = Object.fromEntries(
        Object.entries(entries)
            .filter(([, value]) => value !== undefined)
            .map(([key, value]) => [`${PROJECT}:${key}`, value]),
    );
    return stringify({ ...previous, config });
}

/** The environment of every CLI call. It overrides all of the user's Pulumi settings that matter. */
export async function environment({ backend, passphrase }: Workspace): Promise<Record<string, string>> {
    return {
        PULUMI_BACKEND_URL: `file://${backend}`,
        // By value: a value in the user's environment would take precedence over a file.
        PULUMI_CONFIG_PASSPHRASE: await readFile(passphrase, "utf8"),
        PULUMI_SKIP_UPDATE_CHECK: "true",
    };
}

/** A folder with `bin/pulumi`, as the Automation API expects it. */
export async function cliRoot({ folder }: Workspace, program: string): Promise<string> {
    const root = join(folder, "cli", digestOf(program));
    await mkdir(join(root, "bin"), { recursive: true });
    await symlink(program, join(root, "bin", "pulumi")).catch((error: unknown) => {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    });
    return root;
}
