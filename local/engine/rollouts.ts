/** Waits for all workloads together, once everything is applied: one by one would take the sum of their times. */
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

/** Milliseconds. */
const POLL = 500;

interface Waiting {
    readonly ref: Ref;
    readonly because: string;
    readonly object: Observed | undefined;
    readonly final: boolean;
}

/** Resolves when all of `refs` are ready, or with what keeps each of the others. */
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
        await clock.sleep(POLL);
    }
}

async function notReady(client: KubeClient, discovery: Discovery, refs: readonly Ref[]): Promise<Waiting[]> {
    const objects = await currentObjects(client, discovery, refs);
    return refs.flatMap((ref): Waiting[] => {
        const object = objects.get(keyOf(ref));
        if (object === undefined) return [{ ref, because: "somebody has deleted it", object, final: true }];
        const readiness = readinessOf(object);
        return readiness.is === "ready" ? [] : [{ ref, object, ...readiness }];
    });
}

/** One list for each kind and namespace, not a request for each object. */
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
            // A list's items do not say of which kind they are.
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
    { ref, because, object, final }: Waiting,
    timeout: number,
): Promise<Failure> {
    const problems = object === undefined ? [] : await podProblems(client, object).catch(() => []);
    const where = ref.namespace === undefined ? "" : ` -n ${ref.namespace}`;
    return {
        what: describeRef(ref),
        message: [`not ready${final ? "" : ` after ${timeout} s`}: ${because}`, ...problems].join("\n"),
        remedy: `see what it says: kubectl${where} describe ${ref.kind.toLowerCase()} ${ref.name}`,
    };
}
