/**
 * A second source of evidence for TCP, where an RBAC denial, a rejected handshake and a missing route all look like a
 * closed connection. Envoy counts TCP connections denied by RBAC: during a layer, the counter must increase by exactly
 * the number of expected denials.
 */
import type { Cluster } from "../../lib/cluster/cluster";
import { type PodObject, isReady } from "../cluster/pods";
import { SERVICE_LABEL } from "../../../components/base/labels";
import { type CheckResult, type Layer, isTcp } from "../model";
import { isInconclusive } from "../assess";
import { mapConcurrently } from "./batches";
import { withRetries } from "./retry";

/** Denied TCP connections by workload, as `namespace/name`. */
export type Counters = ReadonlyMap<string, number>;

export interface WorkloadRef {
    readonly namespace: string;
    readonly name: string;
}

const DENIED = "tcp.rbac.denied";
/** A statistic that every Envoy has. It distinguishes a lost response from one without denials. */
const ALIVE = "server.live";
const MAX_PODS = 4;
const COMMAND_SECONDS = 30;

/** The sum over each workload's pods. */
export async function readCounters(
    cluster: Cluster,
    workloads: readonly WorkloadRef[],
    signal: AbortSignal,
): Promise<Counters> {
    const counted = await mapConcurrently(workloads, MAX_PODS, async ({ namespace, name }) => {
        const labelSelector = `${SERVICE_LABEL}=${name}`;
        const pods: PodObject[] = await cluster.list("Pod", { namespace, labelSelector });
        let sum = 0;
        for (const { metadata } of pods.filter(isReady)) {
            await withRetries(`reading the counters of ${namespace}/${metadata.name}`, signal, async () => {
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
                if (!stdout.includes(ALIVE)) throw new Error("the response contains no Envoy statistics");
                sum += deniedIn(stdout);
                return true;
            });
        }
        return [`${namespace}/${name}`, sum] as const;
    });
    return new Map(counted);
}

/** The sum of `….tcp.rbac.denied: <n>` in Envoy's plain-text statistics. */
export function deniedIn(stats: string): number {
    return [...stats.matchAll(/^(?:\S*\.)?tcp\.rbac\.denied: (\d+)$/gm)].reduce(
        (sum, [, n]) => sum + Number(n),
        0,
    );
}

/** A workload whose sidecar denied a different number of TCP connections than expected. */
export interface Miscount {
    readonly layer: Layer;
    readonly workload: string;
    readonly expected: number;
    readonly counted: number;
    /**
     * The results that the count calls into question: connections that were closed for another reason than expected.
     */
    readonly suspects: readonly CheckResult[];
}

/**
 * Compares the counted with the expected denials. A workload with a mismatch is skipped: its count adds nothing. A
 * retried request may be counted more than once. An inconclusive connection may have been denied or not, so it widens
 * the accepted range by one.
 */
export function miscounts(
    layer: Layer,
    results: readonly CheckResult[],
    before: Counters,
    after: Counters,
): Miscount[] {
    return [...after].flatMap(([workload, count]) => {
        const ofWorkload = results.filter(({ check }) => {
            const { namespace, name } = check.destination;
            return isTcp(check) && `${namespace}/${name}` === workload;
        });
        const inconclusive = ofWorkload.filter(isInconclusive);
        if (ofWorkload.some((checkResult) => !checkResult.passed && !inconclusive.includes(checkResult)))
            return [];
        const denials = ofWorkload.filter(({ check, passed }) => passed && check.expected.kind === "rbac");
        const expected = denials.length;
        const counted = count - (before.get(workload) ?? 0);
        const retries = ofWorkload.reduce((sum, { result }) => sum + result.attempts - 1, 0);
        if (counted >= expected && counted <= expected + retries + inconclusive.length) return [];
        // Too few: an expected denial had another cause. Too many: another closed connection was a denial.
        const others = ofWorkload.filter(
            ({ check, result }) => result.outcome === "reset" && check.expected.kind !== "rbac",
        );
        return [{ layer, workload, expected, counted, suspects: counted < expected ? denials : others }];
    });
}
