/** Proof with real requests that a mesh lets through exactly the catalogue's calls (`mesh verify`). */
import { deriveAll } from "../../components/concerns";
import type { Platform } from "../../components/base/platform";
import type { Cluster } from "./cluster/cluster";
import { type Location, connect } from "./cluster/kubernetes";
import type { Drift } from "./drift/compare";
import { keyOf } from "./drift/objects";
import { readDrift } from "./drift/read";
import { explain } from "./drift/explain";
import { CannotVerify } from "./errors";
import { type Outcome, makeRequests } from "./phases";
import { planApiServer } from "./plan/api-server";
import { expectations } from "./plan/expect";
import { type PlayedOutside, planEgress } from "./plan/egress";
import { withLease } from "./probers/lease";
import { GONE_SECONDS, LIST_PROBERS, startProbers, stopProbers } from "./probers/lifecycle";
import type { Sign } from "./tokens";
import { type StatusLine, SILENT } from "./status-line";
import { LAYERS, type Layer, type OptionalPart } from "./model";
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
    /** What may be left out where it cannot be checked. @default nothing: the report then proves nothing */
    readonly allowUnchecked?: readonly OptionalPart[];
    /** Foreign objects that are known and accepted, as `Kind/namespace/name`. @default none */
    readonly accept?: readonly string[];
    /** For how many seconds none of the probers may go until they count as stuck. @default 180 */
    readonly goneSeconds?: number;
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
        run(cluster, {
            ...{ keep: false, goneSeconds: GONE_SECONDS, progress: SILENT, sign: undefined },
            ...{ allowUnchecked: [], accept: [] },
            ...options,
            signal,
        }),
    );
}

type Run = VerifyOptions &
    Required<Pick<VerifyOptions, "keep" | "goneSeconds" | "progress" | "allowUnchecked" | "accept">> & {
        readonly signal: AbortSignal;
    };

async function run(cluster: Cluster, options: Run): Promise<VerifyReport> {
    const began = seconds();
    const { outcome, probers, stuck } = await withLease(cluster, () => askAndClean(cluster, options));
    const derived = deriveAll(options.platform);
    const { objects: program } = derived;
    const drift = await readDrift(cluster, derived);
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
        notChecked: outcome.notChecked.map((one) => ({
            ...one,
            requested:
                one.requested ||
                (one.optional !== undefined && options.allowUnchecked.includes(one.optional)),
        })),
        differences,
        miscounts,
        ...accepting(drift, options.accept),
        stuckProbers: stuck,
        seconds: { probers, requests: outcome.seconds, total: seconds() - began },
    };
}

interface Asked {
    readonly outcome: Outcome;
    /** Seconds until the probers were ready. */
    readonly probers: number;
}

/** As `ask`, and the probers go with it. What was found is not lost for one that does not. */
async function askAndClean(
    cluster: Cluster,
    options: Run,
): Promise<Asked & { readonly stuck: readonly string[] }> {
    const { keep, goneSeconds, progress, signal } = options;
    const clean = async () => {
        if (keep && !signal.aborted) return [];
        progress.step("removing the probers");
        return await stopProbers(cluster, goneSeconds).catch((error: unknown) => [
            `all of them: ${error instanceof Error ? error.message : String(error)}`,
        ]);
    };
    try {
        const asked = await ask(cluster, options).catch(async (error: unknown) => {
            const [stuck] = await clean();
            if (stuck !== undefined) progress.step(`probers stay: ${stuck}; see \`${LIST_PROBERS}\``);
            if (!signal.aborted) throw error;
            throw new CannotVerify("interrupted", "run it again", { cause: error });
        });
        return { ...asked, stuck: await clean() };
    } finally {
        progress.end();
    }
}

/** All requests, from probers that come up for them. */
async function ask(cluster: Cluster, options: Run): Promise<Asked> {
    const { platform, standInImage: image, layers = LAYERS, keep, outside, progress, sign, signal } = options;
    const { goneSeconds } = options;
    const began = seconds();
    await startProbers(cluster, platform, { image, reuse: keep, goneSeconds, signal, progress });
    const probers = seconds() - began;
    const egress = await planEgress(cluster, platform, outside);
    const apiServer = await planApiServer(cluster, platform.catalogue);
    const all = [...expectations(platform), ...egress.checks, ...apiServer.checks];
    const checks = all.filter(({ layer }) => layers.includes(layer));
    const outcome = await makeRequests(cluster, platform.catalogue, checks, {
        reused: keep,
        signal,
        progress,
        sign,
    });
    outcome.notChecked.push(
        ...egress.notChecked,
        ...apiServer.notChecked,
        ...LAYERS.filter((layer) => !layers.includes(layer)).map((layer) => ({
            part: `the layer ${layer}`,
            why: "--layer names others",
            requested: true,
        })),
    );
    return { outcome, probers };
}

/** Splits the foreign objects that the user accepts from the rest. */
function accepting(
    drift: readonly Drift[],
    accept: readonly string[],
): Pick<VerifyReport, "drift" | "accepted" | "acceptedInVain"> {
    const nameOf = ({ object }: Drift) => keyOf(object).replace(" ", "/");
    const isAccepted = (one: Drift) => one.state === "foreign" && accept.includes(nameOf(one));
    const accepted = drift.filter(isAccepted);
    const names = new Set(accepted.map(nameOf));
    return {
        drift: drift.filter((one) => !isAccepted(one)),
        accepted,
        acceptedInVain: accept.filter((name) => !names.has(name)),
    };
}

function unique(texts: readonly string[]): string[] {
    return [...new Set(texts)];
}

function seconds(): number {
    return performance.now() / 1000;
}
