/** `mesh verify`: verifies with real requests that a mesh allows exactly the catalogue's calls. */
import { deriveAll } from "../../components/concerns";
import type { Platform } from "../../components/base/platform";
import type { Cluster } from "../lib/cluster/cluster";
import { type Location, connect } from "../lib/cluster/kubernetes";
import { drainedMs } from "./cluster/propagation";
import type { Drift } from "../lib/drift/compare";
import { keyOf } from "../lib/drift/objects";
import { readDrift } from "../lib/drift/read";
import { explain } from "./explain";
import { CannotVerify } from "../lib/cluster/cannot-verify";
import { type Outcome, makeRequests } from "./phases";
import { planApiServer } from "./plan/api-server";
import { expectations } from "./plan/expect";
import { type SimulatedExternal, planEgress } from "./plan/egress";
import { withLease } from "./probers/lease";
import { DELETION_TIMEOUT_SECONDS, LIST_PROBERS, startProbers, stopProbers } from "./probers/lifecycle";
import type { MeshConfig } from "../../config/schema";
import type { Sign } from "./tokens";
import { type StatusLine, SILENT } from "./status-line";
import { LAYERS, type Layer, type OptionalPart, isSentFromPod } from "./model";
import type { VerifyReport } from "./report/model";
import { onInterrupt } from "../lib/interrupt";

export interface VerifyOptions {
    readonly platform: Platform;
    /** The image of the prober pods (local/standin). */
    readonly standInImage: string;
    /** Signs tokens that the gateways trust. @default checks with tokens are reported as unchecked */
    readonly sign?: Sign | undefined;
    /** Reuse the probers of an earlier run, and leave them running. @default false */
    readonly keepProbers?: boolean;
    /** The simulated external services. @default egress is reported as unchecked */
    readonly simulatedExternal?: SimulatedExternal;
    /** The layers to check. @default all */
    readonly layers?: readonly Layer[];
    /** Parts that may stay unchecked. @default none: the run then fails */
    readonly allowUnchecked?: readonly OptionalPart[];
    /** Accepted foreign objects, as `Kind/namespace/name`. @default none */
    readonly accept?: readonly string[];
    /** Seconds without progress in the deletion of probers until they are reported as stuck. @default 180 */
    readonly deletionTimeoutSeconds?: number;
    /** @default none */
    readonly progress?: StatusLine;
}

/** @throws CannotVerify if the mesh could not be verified; all temporary objects are removed in any case */
export async function verify(options: VerifyOptions & Location): Promise<VerifyReport> {
    return await verifyCluster(await connect(options), options);
}

/** Like `verify`, on a connected cluster. */
export function verifyCluster(cluster: Cluster, options: VerifyOptions): Promise<VerifyReport> {
    return onInterrupt((signal) =>
        run(cluster, {
            ...{
                keepProbers: false,
                deletionTimeoutSeconds: DELETION_TIMEOUT_SECONDS,
                progress: SILENT,
                sign: undefined,
            },
            ...{ allowUnchecked: [], accept: [] },
            ...options,
            signal,
        }),
    );
}

type Run = VerifyOptions &
    Required<
        Pick<
            VerifyOptions,
            "keepProbers" | "deletionTimeoutSeconds" | "progress" | "allowUnchecked" | "accept"
        >
    > & {
        readonly signal: AbortSignal;
    };

async function run(cluster: Cluster, options: Run): Promise<VerifyReport> {
    const began = seconds();
    const { outcome, probers, stuck } = await withLease(cluster, () => runAndCleanUp(cluster, options));
    const derived = deriveAll(options.platform);
    const { objects: program } = derived;
    const drift = await readDrift(cluster, derived);
    const mismatches = outcome.results
        .filter(({ passed }) => !passed)
        .map((checkResult) => ({ checkResult, explanations: explain(checkResult, drift, program) }));
    const miscounts = outcome.miscounts.map((miscount) => ({
        ...miscount,
        explanations: unique(
            miscount.suspects.flatMap((checkResult) => explain(checkResult, drift, program)),
        ),
    }));
    return {
        cluster: cluster.name,
        ...outcome,
        unchecked: outcome.unchecked.map((one) => ({
            ...one,
            requested:
                one.requested ||
                (one.optional !== undefined && options.allowUnchecked.includes(one.optional)),
        })),
        mismatches,
        miscounts,
        ...splitAccepted(drift, options.accept),
        stuckProbers: stuck,
        seconds: { probers, requests: outcome.seconds, total: seconds() - began },
    };
}

interface RunResult {
    readonly outcome: Outcome;
    /** Seconds until the probers were ready. */
    readonly probers: number;
}

/** Runs the checks, then removes the probers. A prober that cannot be removed does not discard the results. */
async function runAndCleanUp(
    cluster: Cluster,
    options: Run,
): Promise<RunResult & { readonly stuck: readonly string[] }> {
    const { keepProbers, deletionTimeoutSeconds, progress, signal } = options;
    const cleanUp = async () => {
        if (keepProbers && !signal.aborted) return [];
        progress.step("removing the probers");
        return await stopProbers(cluster, deletionTimeoutSeconds).catch((error: unknown) => [
            `all probers: ${error instanceof Error ? error.message : String(error)}`,
        ]);
    };
    try {
        const result = await runChecks(cluster, options).catch(async (error: unknown) => {
            const [stuck] = await cleanUp();
            if (stuck !== undefined)
                progress.step(`probers were not removed: ${stuck}; see \`${LIST_PROBERS}\``);
            if (!signal.aborted) throw error;
            throw new CannotVerify("interrupted", "run it again", { cause: error });
        });
        return { ...result, stuck: await cleanUp() };
    } finally {
        progress.end();
    }
}

/** Starts the probers and runs all checks. */
async function runChecks(cluster: Cluster, options: Run): Promise<RunResult> {
    const {
        platform,
        standInImage: image,
        layers = LAYERS,
        keepProbers,
        simulatedExternal,
        progress,
        sign,
        signal,
    } = options;
    const { deletionTimeoutSeconds } = options;
    const began = seconds();
    const egress = await planEgress(cluster, platform, simulatedExternal);
    const apiServer = await planApiServer(cluster, platform.catalogue);
    const all = [...expectations(platform), ...egress.checks, ...apiServer.checks];
    const checks = all.filter(({ layer }) => layers.includes(layer));
    await startProbers(cluster, platform, {
        image,
        senders: new Set(checks.filter((check) => !isSentFromPod(check)).map(({ source }) => source.name)),
        reuse: keepProbers,
        deletionTimeoutSeconds,
        signal,
        progress,
    });
    const probers = seconds() - began;
    const outcome = await makeRequests(cluster, platform.catalogue, checks, {
        reused: keepProbers,
        drainedMs: drainedMs(platform.config),
        signal,
        progress,
        sign,
        declared: declaredReal(platform.config),
        batch: batchServices(platform.config),
    });
    outcome.unchecked.push(
        ...egress.unchecked,
        ...apiServer.unchecked,
        ...LAYERS.filter((layer) => !layers.includes(layer)).map((layer) => ({
            part: `the layer ${layer}`,
            reason: "not selected by --layer",
            requested: true,
        })),
    );
    return { outcome, probers };
}

/** Separates the foreign objects that the user accepts. */
function splitAccepted(
    drift: readonly Drift[],
    accept: readonly string[],
): Pick<VerifyReport, "drift" | "accepted" | "unusedAccepts"> {
    const nameOf = ({ object }: Drift) => keyOf(object).replace(" ", "/");
    const isAccepted = (one: Drift) => one.state === "foreign" && accept.includes(nameOf(one));
    const accepted = drift.filter(isAccepted);
    const names = new Set(accepted.map(nameOf));
    return {
        drift: drift.filter((one) => !isAccepted(one)),
        accepted,
        unusedAccepts: accept.filter((name) => !names.has(name)),
    };
}

function unique(texts: readonly string[]): string[] {
    return [...new Set(texts)];
}

function seconds(): number {
    return performance.now() / 1000;
}

/** Services whose pods run as jobs, so that there may be none. */
function batchServices({ workloads }: MeshConfig): ReadonlySet<string> {
    return new Set(
        Object.entries(workloads.services).flatMap(([name, source]) =>
            source.from !== "stand-in" && (source.kind === "Job" || source.kind === "CronJob") ? [name] : [],
        ),
    );
}

/** Services that the stack declares to run something other than a stand-in. */
function declaredReal({ workloads }: MeshConfig): ReadonlySet<string> {
    return new Set(
        Object.entries(workloads.services).flatMap(([name, { from }]) => (from === "stand-in" ? [] : [name])),
    );
}
