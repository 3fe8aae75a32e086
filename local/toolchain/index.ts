import { join } from "node:path";

import { withLock } from "../lib/lock";
import { paths } from "../lib/paths";
import type { Job, Progress } from "../lib/progress";
import { goPart } from "./go";
import { MAIN_ISTIO, type OptionalIstio, optionalIstios } from "./istio-versions";
import { certManagerChart, charts, debian, envoy, flaggerCharts, moduleFiles } from "./packages";
import {
    certManagerChartPart,
    chartsPart,
    debianPart,
    envoyPart,
    flaggerChartsPart,
    goParts,
    PINNED_CHARTS,
    type ProgramName,
} from "./programs";
import { buildPart, recordUse, type ToolchainPart, storedPart, type StoredPart, removeUnused } from "./store";
import { timeLeft } from "./time-left";

export type { ProgramName } from "./programs";

/** The versions of Istio that the node can run. */
export const ISTIO_VERSIONS: readonly string[] = [
    MAIN_ISTIO,
    ...optionalIstios.map(({ version }) => version),
];

/** A version of Istio in the toolchain. */
export interface IstioFiles {
    readonly version: string;
    /** The absolute paths of its programs. */
    readonly pilotAgent: string;
    readonly pilotDiscovery: string;
    /** The folder with its charts `base/`, `istiod/`, `cni/`, `gateway/`. */
    readonly charts: string;
    /** Its template of Envoy's bootstrap configuration. */
    readonly envoyBootstrap: string;
}

/** The programs, charts and files of the node, complete on disk. */
export interface Toolchain {
    /** The folder with all parts. */
    readonly folder: string;
    /** The absolute path of a program. */
    program(name: ProgramName): string;
    /** The versions of Istio, the main one first. */
    readonly istios: readonly IstioFiles[];
    /** The folder with the main version's charts `base/`, `istiod/`, `cni/`, `gateway/`. */
    readonly charts: string;
    /** The folder with Flagger's charts `flagger/`, `loadtester/`. */
    readonly flaggerCharts: string;
    /** The folder of cert-manager's chart. */
    readonly certManagerChart: string;
    /** Istio's template of Envoy's bootstrap configuration. */
    readonly envoyBootstrap: string;
    /** The root of the unpacked Debian packages: `usr/bin`, `usr/lib/<triplet>`, `usr/lib/cni`, … */
    readonly debianRoot: string;
    /**
     * The recorded SHA-256 of one of the toolchain's files.
     *
     * @returns undefined for other files
     */
    sha256(path: string): string | undefined;
}

const checkout = join(__dirname, "..", "..");

/** A chart in the toolchain, with the version of its module. */
export interface PinnedChart {
    readonly name: string;
    readonly version: string;
    readonly folder: string;
}

/** Helm and the charts. */
export interface ChartTools {
    /** The absolute path of the helm program. */
    readonly helm: string;
    readonly charts: readonly PinnedChart[];
}

/** Helm and those charts that are in the cache; undefined without Helm. Builds nothing. */
export async function storedChartTools(): Promise<ChartTools | undefined> {
    const { cache } = paths();
    const helmSpec = goParts.filter(({ name }) => name === "helm");
    const parts = await Promise.all([
        ...helmSpec.map((spec) => goPart(checkout, spec)),
        ...[charts(checkout), certManagerChart(checkout), flaggerCharts(checkout)],
    ]);
    const stored = await load(cache, parts);
    const helm = stored.get("helm");
    if (helm === undefined) return undefined;
    const available = PINNED_CHARTS.flatMap(({ part, path, ...chart }): PinnedChart[] => {
        const at = stored.get(part);
        return at === undefined ? [] : [{ ...chart, folder: join(at.folder, path) }];
    });
    return { helm: join(helm.folder, "helm"), charts: available };
}

/** Whether the toolchain is complete, so that nothing must be built. */
export async function toolchainIsComplete(): Promise<boolean> {
    const { cache } = paths();
    const stored = await Promise.all((await allParts()).map((part) => storedPart(cache, part)));
    return stored.every((part) => part !== undefined);
}

/**
 * Builds the missing parts of the toolchain, from package registries, and returns it. Reuses complete parts; after a run was
 * killed, it resumes at the interrupted part.
 *
 * @param istioVersions versions of Istio that a stack runs; those other than the main one are only built if listed here
 */
export async function ensureToolchain(
    progress: Progress,
    istioVersions: readonly string[] = [],
): Promise<Toolchain> {
    const { cache } = paths();
    const optional = optionalIstios.filter(({ version }) => istioVersions.includes(version));
    const parts = await allParts(optional);
    const stored = await load(cache, parts);
    if (stored.size === parts.length) {
        await recordUse(cache, parts);
        return toolchain(cache, stored, optional);
    }
    return withLock(
        "toolchain",
        async () => {
            await removeUnused(cache, parts);
            await buildMissing(cache, parts, progress);
            await recordUse(cache, parts);
            return toolchain(cache, await load(cache, parts), optional);
        },
        (holder) => {
            progress.note(`Waiting for ${holder}, which is building the toolchain.`);
        },
    );
}

async function buildMissing(
    cache: string,
    parts: readonly ToolchainPart[],
    progress: Progress,
): Promise<void> {
    const stored = await load(cache, parts);
    const missing = parts.filter((part) => !stored.has(part.name));
    const estimate = timeLeft(missing);
    const job = (part: ToolchainPart): Job => ({
        title: part.name,
        run: async (report) => {
            const begun = estimate.begin(part);
            const show = (detail: string): void => {
                report(`${detail}${detail ? "; " : ""}${estimate.text()}`);
            };
            let last = "";
            // A terminal overwrites the line; elsewhere, each refresh would print a new line.
            const refresh = (): void => {
                if (process.stdout.isTTY) show(last);
            };
            const timer = setInterval(refresh, 5000);
            show(last);
            try {
                await buildPart(cache, part, (detail) => {
                    last = detail;
                    show(last);
                });
            } finally {
                clearInterval(timer);
            }
            begun.end();
        },
    });
    const fetched = new Set<string>(
        [
            ...[debianPart, envoyPart, chartsPart, certManagerChartPart, flaggerChartsPart],
            ...optionalIstios.map(({ charts: part }) => part),
        ].map(({ name }) => name),
    );
    const lanes = [
        { title: "Building programs", jobs: missing.filter((part) => !fetched.has(part.name)).map(job) },
        { title: "Fetching packages", jobs: missing.filter((part) => fetched.has(part.name)).map(job) },
    ];
    await progress.run(lanes.filter((lane) => lane.jobs.length > 0));
}

async function allParts(optional: readonly OptionalIstio[] = []): Promise<ToolchainPart[]> {
    return Promise.all([
        ...goParts.map((spec) => goPart(checkout, spec)),
        ...optional.flatMap((istio) => [
            goPart(checkout, istio.programs),
            moduleFiles(checkout, istio.charts),
        ]),
        debian(),
        envoy(checkout),
        charts(checkout),
        certManagerChart(checkout),
        flaggerCharts(checkout),
    ]);
}

/** The complete parts, by name. */
async function load(cache: string, parts: readonly ToolchainPart[]): Promise<Map<string, StoredPart>> {
    const stored = new Map<string, StoredPart>();
    for (const part of parts) {
        const complete = await storedPart(cache, part);
        if (complete) stored.set(part.name, complete);
    }
    return stored;
}

function toolchain(
    cache: string,
    stored: ReadonlyMap<string, StoredPart>,
    optional: readonly OptionalIstio[],
): Toolchain {
    const folder = (part: string): string => stored.get(part)?.folder ?? "";
    const programs = new Map<string, string>();
    const add = (part: string, files: Readonly<Record<string, string>>): void => {
        for (const [program, file] of Object.entries(files)) programs.set(program, join(folder(part), file));
    };
    for (const part of goParts)
        add(part.name, Object.fromEntries(Object.keys(part.programs).map((p) => [p, p])));
    add(debianPart.name, debianPart.programs);
    add(envoyPart.name, envoyPart.programs);
    const hashes = new Map<string, string>();
    for (const part of stored.values())
        for (const [path, hash] of Object.entries(part.files)) hashes.set(join(part.folder, path), hash);
    return {
        folder: cache,
        // The table contains all names of the type.
        program: (name) => programs.get(name) ?? "",
        istios: [
            istioFiles(MAIN_ISTIO, folder("istio"), folder(chartsPart.name)),
            ...optional.map((istio) =>
                istioFiles(istio.version, folder(istio.programs.name), folder(istio.charts.name)),
            ),
        ],
        charts: join(folder(chartsPart.name), "charts"),
        flaggerCharts: join(folder(flaggerChartsPart.name), "charts"),
        certManagerChart: join(folder(certManagerChartPart.name), "chart"),
        envoyBootstrap: join(folder(chartsPart.name), "envoy_bootstrap.json"),
        debianRoot: folder(debianPart.name),
        sha256: (path) => hashes.get(path),
    };
}

function istioFiles(version: string, programs: string, charts: string): IstioFiles {
    return {
        version,
        pilotAgent: join(programs, "pilot-agent"),
        pilotDiscovery: join(programs, "pilot-discovery"),
        charts: join(charts, "charts"),
        envoyBootstrap: join(charts, "envoy_bootstrap.json"),
    };
}
