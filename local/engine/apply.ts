/** Applies objects by server-side apply. */
import { type KubeClient } from "./kube/client";
import { type Discovery, objectPath, type Served } from "./kube/discovery";
import { ApiError, BeingDeletedError, ForeignObjectError } from "./kube/errors";
import {
    FIELD_MANAGER,
    HANDED_OVER,
    isOurs,
    type ObjectMeta,
    ownsReplicas,
    REPLICAS_MANAGER,
} from "./kube/ownership";
import { type Snapshot } from "./kube/snapshot";
import { type Remover } from "./remove";
import type { KubeObject } from "../lib/kube-object";
import { refOf } from "./resource";
import { type Clock, retrying, systemClock } from "./retry";

/** Fields that identify an object, which have no field manager. */
const IDENTITY: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata", "name", "namespace"]);

export const APPLY_PATCH = "application/apply-patch+yaml";

export type ApplyOutcome = "created" | "updated" | "unchanged";

export interface Applied {
    readonly outcome: ApplyOutcome;
    /** The object in the server's response. */
    readonly object: KubeObject;
}

export class Applier {
    /** The server's warnings. */
    readonly warnings = new Set<string>();

    constructor(
        private readonly client: KubeClient,
        private readonly discovery: Discovery,
        private readonly snapshot: Snapshot,
        private readonly remover: Pick<Remover, "remove" | "waitForDeletion">,
        private readonly clock: Clock = systemClock,
    ) {}

    /**
     * Applies the object, and takes over its fields from other field managers. Retries transient errors: a kind that is not
     * served yet, a webhook that does not respond yet.
     *
     * @param replaceable whether it can be deleted and recreated if an immutable field changes
     * @throws ForeignObjectError for a foreign object; otherwise the server's error
     */
    apply(object: KubeObject, replaceable: boolean): Promise<Applied> {
        return retrying(() => this.attempt(object, replaceable), this.clock);
    }

    private async attempt(object: KubeObject, replaceable: boolean): Promise<Applied> {
        const served = await this.discovery.find(object.apiVersion, object.kind);
        const before = await this.snapshot.find(served, object.metadata);
        if (before !== undefined && !isOurs(before)) throw new ForeignObjectError();
        if (before !== undefined && ownsReplicas(before) && replicasOf(object) === undefined)
            await this.handOverReplicas(objectPath(served, object.metadata), object);
        try {
            return await this.patch(served, object, before);
        } catch (error) {
            // The kind may have been removed and reinstalled with its release.
            if (error instanceof ApiError && error.status === 404) this.discovery.forget(object.apiVersion);
            if (!replaceable || !isImmutable(error)) throw error;
            await this.remover.waitForDeletion(await this.remover.remove(refOf(object)));
            return { ...(await this.patch(served, object, before)), outcome: "updated" };
        }
    }

    /**
     * Makes another field manager own the live replicas: an apply without them would otherwise reset them to 1, the
     * default, until an autoscaler scales up again (Kubernetes, "Server-Side Apply", "Transferring ownership").
     */
    private async handOverReplicas(path: string, { apiVersion, kind, metadata }: KubeObject): Promise<void> {
        const live = (await this.client.getIfPresent(path)) as KubeObject | undefined;
        const replicas = live === undefined ? undefined : replicasOf(live);
        if (live === undefined || replicas === undefined) return;
        const { name, namespace } = metadata;
        const { uid } = live.metadata as ObjectMeta;
        try {
            await this.client.call({
                method: "PATCH",
                path: `${path}?fieldManager=${REPLICAS_MANAGER}&fieldValidation=Strict`,
                contentType: APPLY_PATCH,
                body: { apiVersion, kind, metadata: { name, namespace, uid }, spec: { replicas } },
            });
        } catch (error) {
            // Something else changed the replicas since they were read, so it owns them already.
            if (!(error instanceof ApiError && error.status === 409)) throw error;
        }
    }

    private async patch(
        served: Served,
        object: KubeObject,
        before: ObjectMeta | undefined,
    ): Promise<Applied> {
        // Strict: reject unknown fields, which the server would silently drop.
        const query = `fieldManager=${FIELD_MANAGER}&force=true&fieldValidation=Strict`;
        const response = await this.client.call({
            method: "PATCH",
            path: `${objectPath(served, object.metadata)}?${query}`,
            contentType: APPLY_PATCH,
            body: withOwnedField(object),
        });
        for (const warning of response.warnings) this.warnings.add(warning);
        const applied = response.body as KubeObject;
        const after: ObjectMeta = applied.metadata;
        if (after.deletionTimestamp !== undefined) throw new BeingDeletedError();
        return { outcome: outcomeOf(before, after), object: applied };
    }
}

function replicasOf({ spec }: KubeObject): unknown {
    return (spec as { readonly replicas?: unknown } | undefined)?.replicas;
}

/**
 * The object with at least one owned field: the server records no field manager for an object without fields, and the next
 * run would treat it as a foreign object.
 */
function withOwnedField(object: KubeObject): KubeObject {
    const { metadata } = object;
    const fields = [...Object.keys(object), ...Object.keys(metadata)].filter((field) => !IDENTITY.has(field));
    if (fields.length > 0) return object;
    return { ...object, metadata: { ...metadata, labels: HANDED_OVER } };
}

/** The outcome of an apply, from the metadata before and after it. */
export function outcomeOf(before: ObjectMeta | undefined, after: ObjectMeta): ApplyOutcome {
    if (before?.uid !== after.uid) return "created";
    if (before?.resourceVersion === after.resourceVersion) return "unchanged";
    // A controller may have updated the status in the meantime; the generation counts changes of the spec.
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

/** StatefulSets have a message of their own (kubernetes, `pkg/apis/apps/validation`, `ValidateStatefulSetUpdate`). */
const IMMUTABLE = /field is immutable|updates to statefulset spec for fields other than .* are forbidden/;

function isImmutable(error: unknown): boolean {
    return error instanceof ApiError && error.status === 422 && IMMUTABLE.test(error.message);
}
