/** Proof with real requests that a mesh lets through exactly the catalogue's calls (`mesh verify`). */
import { deriveAll } from "../../components/concerns";
import type { Platform } from "../../components/base/platform";
import type { Cluster } from "./cluster/cluster";
import { type Location, connect } from "./cluster/kubernetes";
import { readDrift } from "./drift/read";
import { explain } from "./drift/explain";
import { CannotVerify } from "./errors";
import { type Outcome, makeRequests } from "./phases";
import { expectations } from "./plan/expect";
import { type PlayedOutside, planEgress } from "./plan/egress";
import { withLease } from "./probers/lease";
import { startProbers, stopProbers } from "./probers/lifecycle";
import type { Sign } from "./tokens";
import { type StatusLine, SILENT } from "./status-line";
import { LAYERS, type Layer } from "./model";
import type { VerifyReport } from "./report/model";
import { onInterrupt } from "./interrupt";

export interface VerifyOptions {
    readonly platform: Platform;
    /** The image of local/standin, from which probers run. */
    readonly standInImage: string;
    /** Signs tokens that the gateways take. @default none are sent, and the report says so */
    readonly sign?: Sign | undefined;
    /** Take over the probers of an earlier such run, and leave them. @default false */
    readonly keep?: boolean;
    /** The world outside, where it is played; else egress is not checked. */
    readonly outside?: PlayedOutside;
    /** Which layers are asked. @default all */
    readonly layers?: readonly Layer[];
    /** @default none */
    readonly progress?: StatusLine;
}

/** @throws CannotVerify where the mesh could not be asked; every temporary object is then removed all the same. */
export async function verify(options: VerifyOptions & Location): Promise<VerifyReport> {
    return await verifyCluster(await connect(options), options);
}

/** As `verify`, of a cluster that is connected. */
export function verifyCluster(cluster: Cluster, options: VerifyOptions): Promise<VerifyReport> {
    return onInterrupt((signal) =>
        run(cluster, { keep: false, progress: SILENT, sign: undefined, ...options, signal }),
    );
}

type Run = VerifyOptions &
    Required<Pick<VerifyOptions, "keep" | "progress">> & { readonly signal: AbortSignal };

async function run(cluster: Cluster, options: Run): Promise<VerifyReport> {
    const began = seconds();
    const { outcome, probers } = await withLease(cluster, () => ask(cluster, options));
    const program = deriveAll(options.platform).objects;
    const drift = await readDrift(cluster, program);
    const differences = outcome.findings
        .filter(({ agrees }) => !agrees)
        .map((finding) => ({ finding, explanations: explain(finding, drift, program) }));
    const miscounts = outcome.miscounts.map((miscount) => ({
        ...miscount,
        explanations: unique(miscount.suspects.flatMap((finding) => explain(finding, drift, program))),
    }));
    return {
        cluster: cluster.name,
        ...outcome,
        differences,
        miscounts,
        drift,
        seconds: { probers, requests: outcome.seconds, total: seconds() - began },
    };
}

/** All requests, between the coming and going of the probers. */
async function ask(
    cluster: Cluster,
    { platform, standInImage: image, layers = LAYERS, keep, outside, progress, sign, signal }: Run,
): Promise<{ outcome: Outcome; probers: number }> {
    const began = seconds();
    try {
        await startProbers(cluster, platform, { image, reuse: keep, signal, progress });
        const probers = seconds() - began;
        const egress = await planEgress(cluster, platform, outside);
        const all = [...expectations(platform), ...egress.checks];
        const checks = all.filter(({ layer }) => layers.includes(layer));
        const outcome = await makeRequests(cluster, platform.catalogue, checks, {
            reused: keep,
            signal,
            progress,
            sign,
        });
        outcome.notChecked.push(
            ...egress.notChecked,
            ...LAYERS.filter((layer) => !layers.includes(layer)).map((layer) => ({
                part: `the layer ${layer}`,
                why: "it was not asked for",
            })),
        );
        return { outcome, probers };
    } catch (error) {
        if (!signal.aborted) throw error;
        throw new CannotVerify("interrupted", "run it again", { cause: error });
    } finally {
        if (!keep || signal.aborted) {
            progress.step("removing the probers");
            await stopProbers(cluster);
        }
        progress.end();
    }
}

function unique(texts: readonly string[]): string[] {
    return [...new Set(texts)];
}

function seconds(): number {
    return performance.now() / 1000;
}
