/** Deletes objects, and waits for their deletion. */
import { type KubeClient } from "./kube/client";
import { type Discovery, pathIfServed } from "./kube/discovery";
import { ApiError } from "./kube/errors";
import { isOurs, type ObjectMeta } from "./kube/ownership";
import { deletionStage, describeRef, type Ref } from "./ref";
import { type Clock, systemClock } from "./retry";

/** A deletion in progress. */
export interface Removal {
    readonly ref: Ref;
    readonly path: string;
    readonly uid: string;
}

/** The deletion of a namespace takes longer than its pods' grace period. */
const DELETION_TIMEOUT_SECONDS = 180;
const POLL_MS = 250;

interface ObservedObject {
    readonly metadata: ObjectMeta;
    readonly status?: {
        readonly conditions?: readonly { readonly status: string; readonly message?: string }[];
    };
}

export class Remover {
    constructor(
        private readonly client: KubeClient,
        private readonly discovery: Discovery,
        private readonly clock: Clock = systemClock,
    ) {}

    /**
     * Starts the deletion of an object. Undefined if there is nothing to delete: the object or its kind does not exist, or it
     * is a foreign object.
     */
    async remove(ref: Ref): Promise<Removal | undefined> {
        const path = await pathIfServed(this.discovery, ref);
        if (path === undefined) return undefined;
        const object = (await this.client.getIfPresent(path)) as ObservedObject | undefined;
        const uid = object?.metadata.uid;
        // The inventory can contain foreign objects, after a run that was killed before it applied them.
        if (object === undefined || uid === undefined || !isOurs(object.metadata)) return undefined;
        try {
            await this.client.call({
                method: "DELETE",
                path,
                body: {
                    apiVersion: "v1",
                    kind: "DeleteOptions",
                    // Foreground: a workload exists until its pods have terminated.
                    propagationPolicy: deletionStage(ref) === "workloads" ? "Foreground" : "Background",
                    preconditions: { uid },
                },
            });
        } catch (error) {
            // 409: an object with another UID has this name now.
            if (!(error instanceof ApiError && (error.status === 404 || error.status === 409))) throw error;
            return undefined;
        }
        return { ref, path, uid };
    }

    /** @throws Error with the blocking conditions, after three minutes. */
    async waitForDeletion(removal: Removal | undefined): Promise<void> {
        if (removal === undefined) return;
        const deadline = this.clock.now() + DELETION_TIMEOUT_SECONDS * 1000;
        for (;;) {
            const object = (await this.client.getIfPresent(removal.path)) as ObservedObject | undefined;
            if (object?.metadata.uid !== removal.uid) return;
            if (this.clock.now() > deadline) {
                const conditions = (object.status?.conditions ?? []).filter(
                    ({ status }) => status === "True",
                );
                const reasons = conditions.map(({ message = "" }) => message).join("; ");
                throw new Error(
                    `${describeRef(removal.ref)} still exists ${DELETION_TIMEOUT_SECONDS} s after its deletion${reasons === "" ? "" : `: ${reasons}`}`,
                );
            }
            await this.clock.sleep(POLL_MS);
        }
    }
}
