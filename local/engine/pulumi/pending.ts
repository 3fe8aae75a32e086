/** What an update that was killed has left in Pulumi's state, and how to go on from there. */
import { releaseRef, type Ref } from "../ref";

/** An operation that had begun and whose end Pulumi has not seen. */
export interface PendingOperation {
    readonly type: string;
    readonly resource: {
        readonly urn: string;
        readonly type: string;
        readonly inputs?: {
            readonly name?: unknown;
            readonly namespace?: unknown;
            readonly metadata?: { readonly name?: unknown; readonly namespace?: unknown };
        };
    };
}

interface State {
    readonly resources?: readonly { readonly urn: string; readonly protect?: boolean }[];
    readonly pending_operations?: readonly PendingOperation[];
}

const RELEASE = "kubernetes:helm.sh/v3:Release";

/** Pending operations of a state as `pulumi stack export` gives it. */
export function pendingOperations(deployment: unknown): readonly PendingOperation[] {
    return (deployment as State | undefined)?.pending_operations ?? [];
}

/**
 * The state with what was being created taken as created, under the ID that the provider would have given it. A
 * refresh then reads it from the cluster, or drops it where it never came to be; without this the next update would
 * create it again and be refused. (`pulumi refresh --import-pending-creates` does nothing in Pulumi 3.248.)
 *
 * @param deployment as `pulumi stack export` gives it
 */
export function withPendingCreates(deployment: unknown): unknown {
    const state = deployment as State;
    const pending = state.pending_operations ?? [];
    const created = pending.flatMap(({ type, resource }) => {
        const id = type === "creating" ? idOf(resource) : undefined;
        return id === undefined ? [] : [{ ...resource, id, outputs: resource.inputs }];
    });
    const taken = new Set(created.map(({ urn }) => urn));
    return {
        ...state,
        resources: [...(state.resources ?? []), ...created],
        pending_operations: pending.filter(({ resource }) => !taken.has(resource.urn)),
    };
}

/** URNs of what the program forbids deleting, in a state as `pulumi stack export` gives it. */
export function protectedResources(deployment: unknown): string[] {
    const { resources = [] } = (deployment ?? {}) as State;
    return resources.filter(({ protect }) => protect === true).map(({ urn }) => urn);
}

/** Releases that helm may have been at work on, which it refuses to touch again before they are mended. */
export function pendingReleases(operations: readonly PendingOperation[]): Ref[] {
    return operations.flatMap(({ resource: { type, inputs } }) =>
        type === RELEASE && typeof inputs?.name === "string" && typeof inputs.namespace === "string"
            ? [releaseRef(inputs.namespace, inputs.name)]
            : [],
    );
}

/** The provider's ID: `namespace/name`, or the name alone. */
function idOf({ type, inputs }: PendingOperation["resource"]): string | undefined {
    if (!type.startsWith("kubernetes:")) return undefined;
    const { name, namespace } = type === RELEASE ? (inputs ?? {}) : (inputs?.metadata ?? {});
    if (typeof name !== "string") return undefined;
    return typeof namespace === "string" ? `${namespace}/${name}` : name;
}
