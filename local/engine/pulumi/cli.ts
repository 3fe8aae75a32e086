/** Finds a usable Pulumi CLI. */
import { constants } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { CommandError, run } from "../../lib/process";
import { type CliState } from "../choice";
import { messageOf } from "../remedy";
import { type EngineName } from "../types";

/** Milliseconds. On its first run, npm's `pulumi` downloads the CLI, and the CLI downloads its provider. */
const FETCH_TIMEOUT = 120_000;

export interface CliEnvironment {
    /** Folders to search for programs, in order. */
    readonly folders: readonly string[];
    /** The version of the Kubernetes provider that the program needs. */
    readonly provider: string;
    readonly run: (program: string, args: readonly string[]) => Promise<string>;
}

/** Finds the CLI on PATH or in the checkout's node_modules, and installs its provider if necessary. */
export async function findCli(
    requested: EngineName | "auto",
    environment?: CliEnvironment,
): Promise<CliState> {
    if (requested === "in-process") return { usable: false, because: "the in-process engine was requested" };
    const { folders, provider, run: command } = environment ?? (await hostEnvironment());
    const program = await findProgram("pulumi", folders);
    if (program === undefined)
        return {
            usable: false,
            because:
                "no Pulumi CLI is on PATH or in node_modules (docs/get-started/embedded-node.md says how to use it)",
        };
    try {
        const version = (await command(program, ["version"])).trim().replace(/^v/, "");
        // The CLI uses a provider on PATH regardless of its version, so none must be downloaded.
        if ((await findProgram("pulumi-resource-kubernetes", folders)) === undefined) {
            await command(program, ["plugin", "install", "resource", "kubernetes", provider]);
        }
        return { usable: true, version, program };
    } catch (error) {
        return { usable: false, because: `${program} fails: ${firstLine(error)}` };
    }
}

async function hostEnvironment(): Promise<CliEnvironment> {
    const path = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
    const manifest = createRequire(__filename).resolve("@pulumi/kubernetes/package.json");
    const { version } = JSON.parse(await readFile(manifest, "utf8")) as { version: string };
    return {
        folders: [...path, join(dirname(manifest), "../../.bin")],
        provider: version,
        run: (program, args) =>
            run(program, args, {
                timeout: FETCH_TIMEOUT,
                env: { ...process.env, PULUMI_SKIP_UPDATE_CHECK: "true" },
            }),
    };
}

async function findProgram(name: string, folders: readonly string[]): Promise<string | undefined> {
    for (const folder of folders) {
        const path = join(folder, name);
        const isExecutable = await access(path, constants.X_OK).then(
            () => true,
            () => false,
        );
        if (isExecutable) return path;
    }
    return undefined;
}

function firstLine(error: unknown): string {
    const text = error instanceof CommandError && error.stderr !== "" ? error.stderr : messageOf(error);
    return text.trim().split("\n")[0] ?? "";
}
