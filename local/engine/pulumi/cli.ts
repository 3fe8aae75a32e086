/** Whether the Pulumi CLI can be used here. */
import { constants } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";
import { CommandError, run } from "../../process";
import { type CliState } from "../choice";
import { messageOf } from "../remedy";
import { type EngineName } from "../types";

/** Milliseconds; npm's `pulumi` fetches the CLI when it is first run, and the CLI its provider. */
const FETCH_TIMEOUT = 120_000;

export interface CliEnvironment {
    /** Folders in which programs are looked for, in order. */
    readonly folders: readonly string[];
    /** Version of the Kubernetes provider that the program needs. */
    readonly provider: string;
    readonly run: (program: string, args: readonly string[]) => Promise<string>;
}

/** Looks for the CLI on PATH, then in the checkout's packages, and for the provider that it needs. */
export async function findCli(wanted: EngineName | "auto", environment?: CliEnvironment): Promise<CliState> {
    if (wanted === "in-process") return { usable: false, because: "the in-process engine was asked for" };
    const { folders, provider, run: command } = environment ?? (await hostEnvironment());
    const program = await findProgram("pulumi", folders);
    if (program === undefined)
        return { usable: false, because: "no Pulumi CLI is on PATH or in node_modules" };
    try {
        const version = (await command(program, ["version"])).trim().replace(/^v/, "");
        // One on PATH is used whatever its version, so nothing needs to be fetched.
        if ((await findProgram("pulumi-resource-kubernetes", folders)) === undefined) {
            await command(program, ["plugin", "install", "resource", "kubernetes", provider]);
        }
        return { usable: true, version, program };
    } catch (error) {
        return { usable: false, because: `${program} does not work here: ${firstLine(error)}` };
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
        const found = await access(path, constants.X_OK).then(
            () => true,
            () => false,
        );
        if (found) return path;
    }
    return undefined;
}

function firstLine(error: unknown): string {
    const text = error instanceof CommandError && error.stderr !== "" ? error.stderr : messageOf(error);
    return text.trim().split("\n")[0] ?? "";
}
