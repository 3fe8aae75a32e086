/**
 * The second fact about TCP. An RBAC denial, a refused handshake and a destination that is not routed all look the
 * same there: the connection ends. Envoy counts its RBAC denials of TCP, so that over all of a layer's checks the
 * count must have grown by exactly the number of denials that were expected.
 */
import type { Cluster } from "../cluster/cluster";
import { type PodObject, isReady } from "../cluster/pods";
import { SERVICE_LABEL } from "../../../components/base/labels";
import { type Finding, type Layer, isTcp } from "../model";
import { isInconclusive } from "../judge";
import { pooled } from "./batches";
import { tries } from "./tries";

/** Denied TCP connections by workload, as `namespace/name`. */
export type Counters = ReadonlyMap<string, number>;

export interface Workload {
    readonly namespace: string;
    readonly name: string;
}

const DENIED = "tcp.rbac.denied";
/** What each Envoy has, so that an answer which was lost on its way is not taken for one in which nothing is counted. */
const ALIVE = "server.live";
const PODS_AT_ONCE = 4;
const COMMAND_SECONDS = 30;

/** The sum over each workload's pods. */
export async function readCounters(
    cluster: Cluster,
    workloads: readonly Workload[],
    signal: AbortSignal,
): Promise<Counters> {
    const counted = await pooled(workloads, PODS_AT_ONCE, async ({ namespace, name }) => {
        const labelSelector = `${SERVICE_LABEL}=${name}`;
        const pods: PodObject[] = await cluster.list("Pod", { namespace, labelSelector });
        let sum = 0;
        for (const { metadata } of pods.filter(isReady)) {
            await tries(`reading the counters of ${namespace}/${metadata.name}`, signal, async () => {
                const { code, stdout, stderr } = await cluster.exec({
                    namespace,
                    pod: metadata.name,
                    container: "istio-proxy",
                    command: ["pilot-agent", "request", "GET", `stats?filter=${DENIED}%7C${ALIVE}`],
                    stdin: "",
                    timeoutSeconds: COMMAND_SECONDS,
                    signal,
                });
                if (code !== 0) throw new Error(`exit code ${code}: ${stderr.trim()}`);
                if (!stdout.includes(ALIVE)) throw new Error("what Envoy counts did not arrive");
                sum += deniedIn(stdout);
                return true;
            });
        }
        return [`${namespace}/${name}`, sum] as const;
    });
    return new Map(counted);
}

/** The sum of `….tcp.rbac.denied: <n>` in Envoy's plain list of statistics. */
export function deniedIn(stats: string): number {
    return [...stats.matchAll(/^(?:\S*\.)?tcp\.rbac\.denied: (\d+)$/gm)].reduce(
        (sum, [, n]) => sum + Number(n),
        0,
    );
}

/** A workload whose sidecar denied another number of TCP connections than expected. */
export interface Miscount {
    readonly layer: Layer;
    readonly workload: string;
    readonly expected: number;
    readonly counted: number;
    /** What the count puts in doubt: connections that ended, for another reason than expected. */
    readonly suspects: readonly Finding[];
}

/**
 * Compares what was counted with what was expected. Where one of a workload's checks shows a difference, its count says nothing
 * more. What was asked more than once may have been counted as often, and each denial at least once. A connection that taught nothing
 * may have been denied or not: it widens what the count may be, and hides no other.
 */
export function miscounts(
    layer: Layer,
    findings: readonly Finding[],
    before: Counters,
    after: Counters,
): Miscount[] {
    return [...after].flatMap(([workload, count]) => {
        const own = findings.filter(({ check }) => {
            const { namespace, name } = check.destination;
            return isTcp(check) && `${namespace}/${name}` === workload;
        });
        const unclear = own.filter(isInconclusive);
        if (own.some((finding) => !finding.agrees && !unclear.includes(finding))) return [];
        const denials = own.filter(({ check, agrees }) => agrees && check.expected.kind === "rbac");
        const expected = denials.length;
        const counted = count - (before.get(workload) ?? 0);
        const again = own.reduce((sum, { result }) => sum + result.attempts - 1, 0);
        if (counted >= expected && counted <= expected + again + unclear.length) return [];
        // Too few: a denial was something else. Too many: something else was a denial.
        const others = own.filter(
            ({ check, result }) => result.outcome === "reset" && check.expected.kind !== "rbac",
        );
        return [{ layer, workload, expected, counted, suspects: counted < expected ? denials : others }];
    });
}
