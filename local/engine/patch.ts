/**
 * Patches of objects that another tool deploys, by server-side apply with a separate field manager. A patch never takes a
 * field from another manager, so that releasing it leaves the object as its owner deploys it.
 */
import { APPLY_PATCH, type ApplyOutcome, outcomeOf } from "./apply";
import { type KubeClient } from "./kube/client";
import { type Discovery, objectPath, pathIfServed } from "./kube/discovery";
import { ApiError, FieldConflictError, MissingTargetError, ProgramTargetError } from "./kube/errors";
import { isOurs, type ObjectMeta, PATCH_MANAGER } from "./kube/ownership";
import { patchedRef, type Ref } from "./ref";
import type { KubeObject } from "../lib/kube-object";
import { type Clock, retrying, systemClock } from "./retry";

/** "1 conflict: conflict with", "2 conflicts: conflicts with" (apimachinery, managedfields/internal/conflict.go). */
const CONFLICT = /conflicts? with /;

export class Patcher {
    constructor(
        private readonly client: KubeClient,
        private readonly discovery: Discovery,
        private readonly clock: Clock = systemClock,
    ) {}

    /**
     * Applies the patch to the existing object.
     *
     * @throws MissingTargetError if there is no such object; ProgramTargetError if this engine deployed it; FieldConflictError
     * if another manager owns one of the fields with another value
     */
    apply(patch: KubeObject): Promise<{ readonly outcome: ApplyOutcome; readonly object: KubeObject }> {
        return retrying(() => this.attempt(patch), this.clock);
    }

    private async attempt(patch: KubeObject) {
        const served = await this.discovery.find(patch.apiVersion, patch.kind);
        const path = objectPath(served, patch.metadata);
        const before = await this.find(path);
        if (before === undefined) throw new MissingTargetError();
        if (isOurs(before)) throw new ProgramTargetError();
        // With the UID: an apply would otherwise create the object if it was deleted in the meantime.
        const { uid } = before;
        const body = { ...patch, metadata: { ...patch.metadata, ...(uid === undefined ? {} : { uid }) } };
        const object = (await this.send(path, body)) as KubeObject;
        return { outcome: outcomeOf(before, object.metadata), object };
    }

    /** Gives up the patch's fields, which removes those that no other manager owns. @returns whether there were any */
    async release(patch: Ref): Promise<boolean> {
        const ref = patchedRef(patch);
        const path = await pathIfServed(this.discovery, ref);
        const before = path === undefined ? undefined : await this.find(path);
        if (path === undefined || before === undefined || !isPatched(before)) return false;
        const { apiVersion, kind, namespace, name } = ref;
        const { uid } = before;
        await this.send(path, {
            apiVersion,
            kind,
            metadata: {
                name,
                ...(namespace === undefined ? {} : { namespace }),
                ...(uid === undefined ? {} : { uid }),
            },
        });
        return true;
    }

    private async send(path: string, body: unknown): Promise<unknown> {
        try {
            const response = await this.client.call({
                method: "PATCH",
                path: `${path}?fieldManager=${PATCH_MANAGER}&fieldValidation=Strict`,
                contentType: APPLY_PATCH,
                body,
            });
            return response.body;
        } catch (error) {
            if (error instanceof ApiError && error.status === 409 && CONFLICT.test(error.message))
                throw new FieldConflictError(error.message);
            throw error;
        }
    }

    private async find(path: string): Promise<ObjectMeta | undefined> {
        const object = (await this.client.getIfPresent(path)) as
            { readonly metadata: ObjectMeta } | undefined;
        return object?.metadata;
    }
}

function isPatched({ managedFields = [] }: ObjectMeta): boolean {
    return managedFields.some(({ manager, operation }) => manager === PATCH_MANAGER && operation === "Apply");
}
