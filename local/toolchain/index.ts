import { join } from "node:path";

import { withLock } from "../lock";
import { paths } from "../paths";
import type { Job, Progress } from "../progress";
import { goPart } from "./go";
import { certManagerChart, charts, debian, envoy, flaggerCharts } from "./packages";
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
import { makePart, noteUse, type Part, storedPart, type StoredPart, tidy } from "./store";
import { timeLeft } from "./time-left";

export type { ProgramName } from "./programs";

/** The programs, charts and files that the node is made of, complete on disk. */
export interface Toolchain {
    /** The folder that holds every part. */
    readonly folder: string;
    /** Absolute path of a program. */
    program(name: ProgramName): string;
    /** Folder with the Istio charts `base/`, `istiod/`, `gateway/`. */
    readonly charts: string;
    /** Folder with Flagger's charts `flagger/`, `loadtester/`. */
    readonly flaggerCharts: string;
    /** Folder of cert-manager's chart. */
    readonly certManagerChart: string;
    /** Istio's template of the proxy's first configuration. */
    readonly envoyBootstrap: string;
    /** Root of the unpacked Debian packages: `usr/bin`, `usr/lib/<triplet>`, `usr/lib/cni`, … */
    readonly debianRoot: string;
    /**
     * The SHA-256 of one of the toolchain's files, known without reading it.
     *
     * @returns undefined for a file that is not the toolchain's
     */
    sha256(path: string): string | undefined;
}

const checkout = join(__dirname, "..", "..");

/** A chart in the toolchain, with the version of the module that it comes from. */
export interface PinnedChart {
    readonly name: string;
    readonly version: string;
    readonly folder: string;
}

/** What charts are templated with. */
export interface ChartTools {
    /** Absolute path of the helm program. */
    readonly helm: string;
    readonly charts: readonly PinnedChart[];
}

/** Helm and the charts, as far as they are in the cache; undefined without helm. Builds nothing. */
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
    const found = PINNED_CHARTS.flatMap(({ part, path, ...chart }): PinnedChart[] => {
        const at = stored.get(part);
        return at === undefined ? [] : [{ ...chart, folder: join(at.folder, path) }];
    });
    return { helm: join(helm.folder, "helm"), charts: found };
}

/** Whether the toolchain is complete, so that it need not be built first. */
export async function toolchainIsComplete(): Promise<boolean> {
    const { cache } = paths();
    const stored = await Promise.all((await allParts()).map((part) => storedPart(cache, part)));
    return stored.every((part) => part !== undefined);
}

/**
 * Makes whatever of the toolchain is not in the cache yet, from package registries, and returns it.
 * Complete parts are reused; a run that was killed is taken up again at the part it was in.
 */
export async function ensureToolchain(progress: Progress): Promise<Toolchain> {
    const { cache } = paths();
    const parts = await allParts();
    const stored = await load(cache, parts);
    if (stored.size === parts.length) {
        await noteUse(cache, parts);
        return toolchain(cache, stored);
    }
    return withLock(
        "toolchain",
        async () => {
            await tidy(cache, parts);
            await makeMissing(cache, parts, progress);
            await noteUse(cache, parts);
            return toolchain(cache, await load(cache, parts));
        },
        (holder) => {
            progress.note(`Waiting for ${holder}, which is building the toolchain.`);
        },
    );
}

async function makeMissing(cache: string, parts: readonly Part[], progress: Progress): Promise<void> {
    const stored = await load(cache, parts);
    const missing = parts.filter((part) => !stored.has(part.name));
    const estimate = timeLeft(missing);
    const job = (part: Part): Job => ({
        title: part.name,
        run: async (report) => {
            const begun = estimate.begin(part);
            const show = (detail: string): void => {
                report(`${detail}${detail ? "; " : ""}${estimate.text()}`);
            };
            let last = "";
            // On a terminal the line is written over; elsewhere it would be a new line each time.
            const refresh = (): void => {
                if (process.stdout.isTTY) show(last);
            };
            const timer = setInterval(refresh, 5000);
            show(last);
            try {
                await makePart(cache, part, (detail) => {
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
        [debianPart, envoyPart, chartsPart, certManagerChartPart, flaggerChartsPart].map(({ name }) => name),
    );
    const lanes = [
        { title: "Building programs", jobs: missing.filter((part) => !fetched.has(part.name)).map(job) },
        { title: "Fetching packages", jobs: missing.filter((part) => fetched.has(part.name)).map(job) },
    ];
    await progress.run(lanes.filter((lane) => lane.jobs.length > 0));
}

async function allParts(): Promise<Part[]> {
    return Promise.all([
        ...goParts.map((spec) => goPart(checkout, spec)),
        debian(),
        envoy(checkout),
        charts(checkout),
        certManagerChart(checkout),
        flaggerCharts(checkout),
    ]);
}

/** The complete ones among the parts, by name. */
async function load(cache: string, parts: readonly Part[]): Promise<Map<string, StoredPart>> {
    const stored = new Map<string, StoredPart>();
    for (const part of parts) {
        const found = await storedPart(cache, part);
        if (found) stored.set(part.name, found);
    }
    return stored;
}

function toolchain(cache: string, stored: ReadonlyMap<string, StoredPart>): Toolchain {
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
        // Every name of the type is in the table, so the path is always there.
        program: (name) => programs.get(name) ?? "",
        charts: join(folder(chartsPart.name), "charts"),
        flaggerCharts: join(folder(flaggerChartsPart.name), "charts"),
        certManagerChart: join(folder(certManagerChartPart.name), "chart"),
        envoyBootstrap: join(folder(chartsPart.name), "envoy_bootstrap.json"),
        debianRoot: folder(debianPart.name),
        sha256: (path) => hashes.get(path),
    };
}
