/** Reads one side of a comparison: a rendered folder, a stack of this checkout, or a stack at another commit. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deriveAll } from "../../components/concerns";
import { type MeshObjects } from "../lib/snapshot/snapshot";
import { readRendered } from "../lib/snapshot/read";
import { PROJECT_FOLDER } from "../lib/checkout";
import { loadPlatform } from "../lib/project";
import { renderFiles } from "../lib/rendered/files";
import { writeFiles } from "../lib/rendered/write";

export interface Side {
    /** The command line argument. */
    readonly name: string;
    readonly objects: MeshObjects;
}

/**
 * @param name a folder that `mesh render` wrote; a stack; or `<ref>[:<stack>]`, a commit of this repository
 * @param stack the stack of a commit that names none
 * @throws Error if `name` is anything else, or cannot be rendered
 */
export function readSide(name: string, stack: string): Side {
    if (existsSync(name) && statSync(name).isDirectory()) return { name, objects: readRendered(name) };
    if (existsSync(join(PROJECT_FOLDER, `Pulumi.${name}.yaml`)))
        return {
            name,
            objects: inTemporary((folder) => {
                renderHere(name, folder);
            }),
        };
    const [ref = "", commitStack = stack] = name.split(":");
    const commit = commitOf(ref);
    if (commit === undefined) {
        throw new Error(
            `${name}: not a folder, stack or commit. Pass a folder written by \`mesh render\`, ` +
                "a stack such as prod, or a commit such as main or main:dev.",
        );
    }
    return {
        name,
        objects: inTemporary((folder) => {
            renderAt(commit, commitStack, folder);
        }),
    };
}

function inTemporary(render: (folder: string) => void): MeshObjects {
    const folder = mkdtempSync(join(tmpdir(), "mesh-diff-"));
    try {
        render(folder);
        return readRendered(folder);
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}

function renderHere(stack: string, folder: string): void {
    writeFiles(folder, renderFiles(deriveAll(loadPlatform(stack))));
}

/** Renders with the program of that commit and the packages of this checkout. */
function renderAt(commit: string, stack: string, folder: string): void {
    const checkout = mkdtempSync(join(tmpdir(), "mesh-diff-"));
    try {
        const archive = git("archive", "--format=tar", commit);
        execFileSync("tar", ["-x", "-C", checkout], { input: archive });
        symlinkSync(join(PROJECT_FOLDER, "node_modules"), join(checkout, "node_modules"));
        execFileSync(
            process.execPath,
            [join(checkout, "cli", "bin", "mesh.js"), "render", "--stack", stack, "--out", folder],
            { cwd: checkout, stdio: ["ignore", "ignore", "pipe"], encoding: "utf8" },
        );
    } catch (error) {
        const { stderr = "" } = error as { stderr?: string | Buffer };
        throw new Error(
            `commit ${commit} cannot be rendered:\n${stderr.toString().trim()}\n` +
                "If it needs other packages, render it in a separate checkout and pass that folder.",
        );
    } finally {
        rmSync(checkout, { recursive: true, force: true });
    }
}

function commitOf(ref: string): string | undefined {
    if (ref === "" || ref.startsWith("-")) return undefined;
    try {
        return git("rev-parse", "--verify", "--quiet", `${ref}^{commit}`).toString().trim();
    } catch {
        return undefined;
    }
}

function git(...args: string[]): Buffer {
    return execFileSync("git", args, {
        cwd: PROJECT_FOLDER,
        stdio: ["ignore", "pipe", "pipe"],
        maxBuffer: 256 * 1024 * 1024,
    });
}
