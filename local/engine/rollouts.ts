/** Waits for all workloads together after everything is applied, which is faster than one by one. */
import { type KubeClient } from "./kube/client";
import { collectionPath, type Discovery } from "./kube/discovery";
import { podProblems } from "./pods";
import { type Observed, readinessOf } from "./readiness";
import { describeRef, keyOf, type Ref } from "./ref";
import { type Clock, systemClock } from "./retry";
import { type Failure, type ProgressLine } from "./types";

export interface RolloutOptions {
    /** Seconds. */
    readonly timeout: number;
    readonly progress: ProgressLine;
    readonly clock?: Clock;
}

/** The polling interval in milliseconds. */
const POLL_MS = 500;

interface UnreadyWorkload {
    readonly ref: Ref;
    readonly because: string;
    readonly object: Observed | undefined;
    readonly final: boolean;
}

/** Resolves when all of `refs` are ready, or with a failure for each that is not. */
export async function awaitRollouts(
    client: KubeClient,
    discovery: Discovery,
    refs: readonly Ref[],
    { timeout, progress, clock = systemClock }: RolloutOptions,
): Promise<Failure[]> {
    const deadline = clock.now() + timeout * 1000;
    for (;;) {
        const waiting = await notReady(client, discovery, refs);
        if (waiting.length === 0) return [];
        if (clock.now() > deadline || waiting.every(({ final }) => final)) {
            return Promise.all(waiting.map((one) => failureOf(client, one, timeout)));
        }
        progress(`${refs.length - waiting.length} of ${refs.length} workloads are ready`);
        await clock.sleep(POLL_MS);
    }
}

async function notReady(
    client: KubeClient,
    discovery: Discovery,
    refs: readonly Ref[],
): Promise<UnreadyWorkload[]> {
    const objects = await currentObjects(client, discovery, refs);
    return refs.flatMap((ref): UnreadyWorkload[] => {
        const object = objects.get(keyOf(ref));
        if (object === undefined)
            return [{ ref, because: "it was deleted during the deployment", object, final: true }];
        const readiness = readinessOf(object);
        return readiness.is === "ready" ? [] : [{ ref, object, ...readiness }];
    });
}

/** One list request for each kind and namespace instead of one request for each object. */
async function currentObjects(
    client: KubeClient,
    discovery: Discovery,
    refs: readonly Ref[],
): Promise<ReadonlyMap<string, Observed>> {
    const collections = new Map(
        refs.map((ref) => [`${ref.apiVersion} ${ref.kind} ${ref.namespace ?? ""}`, ref]),
    );
    const lists = await Promise.all(
        [...collections.values()].map(async ({ apiVersion, kind, namespace }) => {
            const served = await discovery.find(apiVersion, kind);
            const { items } = (await client.get(collectionPath(served, namespace))) as { items: Observed[] };
            // A list's items do not contain their kind.
            return items.map((item): [string, Observed] => [
                keyOf({
                    apiVersion,
                    kind,
                    ...(namespace === undefined ? {} : { namespace }),
                    name: item.metadata.name,
                }),
                { ...item, kind },
            ]);
        }),
    );
    return new Map(lists.flat());
}

async function failureOf(
    client: KubeClient,
    { ref, because, object, final }: UnreadyWorkload,
    timeout: number,
): Promise<Failure> {
    const problems = object === undefined ? [] : await podProblems(client, object).catch(() => []);
    const where = ref.namespace === undefined ? "" : ` -n ${ref.namespace}`;
    return {
        what: describeRef(ref),
        message: [`not ready${final ? "" : ` after ${timeout} s`}: ${because}`, ...problems].join("\n"),
        remedy: `inspect it: kubectl${where} describe ${ref.kind.toLowerCase()} ${ref.name}`,
    };
}
