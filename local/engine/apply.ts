/** Applies objects, server-side. */
import { type KubeClient } from "./kube/client";
import { type Discovery, objectPath, type Served } from "./kube/discovery";
import { ApiError, BeingDeletedError, ForeignObjectError } from "./kube/errors";
import { FIELD_MANAGER, HANDED_OVER, isOurs, type ObjectMeta } from "./kube/ownership";
import { type Snapshot } from "./kube/snapshot";
import { type Remover } from "./remove";
import { type KubeObject } from "./resource";
import { type Clock, retrying, systemClock } from "./retry";

/** The fields that name an object and belong to nobody. */
const IDENTITY: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata", "name", "namespace"]);

export type Outcome = "created" | "updated" | "unchanged";

export interface Applied {
    readonly outcome: Outcome;
    /** The object as the server has it now. */
    readonly object: KubeObject;
}

export class Applier {
    /** What the server warned about. */
    readonly warnings = new Set<string>();

    constructor(
        private readonly client: KubeClient,
        private readonly discovery: Discovery,
        private readonly snapshot: Snapshot,
        private readonly remover: Pick<Remover, "remove" | "untilGone">,
        private readonly clock: Clock = systemClock,
    ) {}

    /**
     * Makes the object in the cluster what the program says, taking the fields that it names from whoever holds them.
     * Waits out what passes by itself: a kind not yet served, a webhook not yet answering.
     *
     * @param replaceable whether it may be deleted and made again where no other change is possible
     * @throws ForeignObjectError where it exists and is not ours, so that nobody's work is overwritten unasked; the
     * server's own error otherwise
     */
    apply(object: KubeObject, replaceable: boolean): Promise<Applied> {
        return retrying(() => this.attempt(object, replaceable), this.clock);
    }

    private async attempt(object: KubeObject, replaceable: boolean): Promise<Applied> {
        const served = await this.discovery.find(object.apiVersion, object.kind);
        const before = await this.snapshot.find(served, object.metadata);
        if (before !== undefined && !isOurs(before)) throw new ForeignObjectError();
        try {
            return await this.patch(served, object, before);
        } catch (error) {
            // The kind may have gone, and come back as another, with its release.
            if (error instanceof ApiError && error.status === 404) this.discovery.forget(object.apiVersion);
            if (!replaceable || !isImmutable(error)) throw error;
            await this.remover.untilGone(await this.remover.remove(refOf(object)));
            return { ...(await this.patch(served, object, before)), outcome: "updated" };
        }
    }

    private async patch(
        served: Served,
        object: KubeObject,
        before: ObjectMeta | undefined,
    ): Promise<Applied> {
        // Strict: a field that the server would drop in silence is a mistake.
        const query = `fieldManager=${FIELD_MANAGER}&force=true&fieldValidation=Strict`;
        const answer = await this.client.call({
            method: "PATCH",
            path: `${objectPath(served, object.metadata)}?${query}`,
            contentType: "application/apply-patch+yaml",
            body: owned(object),
        });
        for (const warning of answer.warnings) this.warnings.add(warning);
        const applied = answer.body as KubeObject;
        const after: ObjectMeta = applied.metadata;
        if (after.deletionTimestamp !== undefined) throw new BeingDeletedError();
        return { outcome: outcomeOf(before, after), object: applied };
    }
}

/**
 * The object with at least one field that we own: the server remembers nobody who applies a bare name, and the next
 * run would take the object for somebody else's.
 */
function owned(object: KubeObject): KubeObject {
    const { metadata } = object;
    const fields = [...Object.keys(object), ...Object.keys(metadata)].filter((field) => !IDENTITY.has(field));
    if (fields.length > 0) return object;
    return { ...object, metadata: { ...metadata, labels: HANDED_OVER } };
}

/** What an apply has done, from the metadata before and after it. */
export function outcomeOf(before: ObjectMeta | undefined, after: ObjectMeta): Outcome {
    if (before?.uid !== after.uid) return "created";
    if (before?.resourceVersion === after.resourceVersion) return "unchanged";
    // A controller may have written the status in between; the generation counts what is ours.
    const same =
        before?.generation !== undefined &&
        before.generation === after.generation &&
        sameEntries(before.labels, after.labels) &&
        sameEntries(before.annotations, after.annotations);
    return same ? "unchanged" : "updated";
}

function sameEntries(
    a: Readonly<Record<string, string>> = {},
    b: Readonly<Record<string, string>> = {},
): boolean {
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

function isImmutable(error: unknown): boolean {
    return error instanceof ApiError && error.status === 422 && error.message.includes("field is immutable");
}

function refOf({
    apiVersion,
    kind,
    metadata: { name, namespace },
}: KubeObject): Parameters<Remover["remove"]>[0] {
    return namespace === undefined ? { apiVersion, kind, name } : { apiVersion, kind, namespace, name };
}
