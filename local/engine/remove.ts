/** Deletes objects, and knows when they are gone. */
import { type KubeClient } from "./kube/client";
import { type Discovery, objectPath } from "./kube/discovery";
import { ApiError, NotServedError } from "./kube/errors";
import { isOurs, type ObjectMeta } from "./kube/ownership";
import { deletionStage, describeRef, type Ref } from "./ref";
import { type Clock, systemClock } from "./retry";

/** A deletion under way. */
export interface Removal {
    readonly ref: Ref;
    readonly path: string;
    readonly uid: string;
}

/** Seconds in which a deleted object must be gone. A namespace takes its pods' grace period and more. */
const GONE_WITHIN = 180;
const POLL = 250;

interface Found {
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
     * Asks for the deletion of an object. Undefined where there is nothing to delete:
     * it is gone, or its kind is, or somebody else has made it.
     */
    async remove(ref: Ref): Promise<Removal | undefined> {
        const path = await this.pathOf(ref);
        if (path === undefined) return undefined;
        const found = (await this.client.getIfPresent(path)) as Found | undefined;
        const uid = found?.metadata.uid;
        // A run that was killed before it applied has named in the inventory what was never ours.
        if (found === undefined || uid === undefined || !isOurs(found.metadata)) return undefined;
        try {
            await this.client.call({
                method: "DELETE",
                path,
                body: {
                    apiVersion: "v1",
                    kind: "DeleteOptions",
                    // What runs pods stays until they have ended, so that nobody takes it for gone before.
                    propagationPolicy: deletionStage(ref) === "workloads" ? "Foreground" : "Background",
                    preconditions: { uid },
                },
            });
        } catch (error) {
            // 409: another object stands under this name by now.
            if (!(error instanceof ApiError && (error.status === 404 || error.status === 409))) throw error;
            return undefined;
        }
        return { ref, path, uid };
    }

    /** @throws Error that says what holds the object back, after three minutes. */
    async untilGone(removal: Removal | undefined): Promise<void> {
        if (removal === undefined) return;
        const deadline = this.clock.now() + GONE_WITHIN * 1000;
        for (;;) {
            const found = (await this.client.getIfPresent(removal.path)) as Found | undefined;
            if (found?.metadata.uid !== removal.uid) return;
            if (this.clock.now() > deadline) {
                const conditions = (found.status?.conditions ?? []).filter(({ status }) => status === "True");
                const said = conditions.map(({ message = "" }) => message).join("; ");
                throw new Error(
                    `${describeRef(removal.ref)} was deleted ${GONE_WITHIN} s ago and is still there${said === "" ? "" : `: ${said}`}`,
                );
            }
            await this.clock.sleep(POLL);
        }
    }

    private async pathOf(ref: Ref): Promise<string | undefined> {
        try {
            return objectPath(await this.discovery.find(ref.apiVersion, ref.kind), ref);
        } catch (error) {
            if (error instanceof NotServedError) return undefined;
            throw error;
        }
    }
}
