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

const RELEASE = "kubernetes:helm.sh/v3:Release";

/** Pending operations of a state as `pulumi stack export` gives it. */
export function pendingOperations(deployment: unknown): readonly PendingOperation[] {
    const state = deployment as { pending_operations?: readonly PendingOperation[] } | undefined;
    return state?.pending_operations ?? [];
}

/**
 * The arguments of `pulumi refresh` that settle them: what was being created is looked up by the ID that the provider
 * would have given it, and so is in the state if it is in the cluster; without this the next update would create it
 * again and be refused.
 */
export function settlingArguments(operations: readonly PendingOperation[], stack: string): string[] {
    const imports = operations.flatMap(({ type, resource }) => {
        const id = type === "creating" ? idOf(resource) : undefined;
        return id === undefined
            ? []
            : ["--import-pending-creates", resource.urn, "--import-pending-creates", id];
    });
    return ["refresh", "--yes", "--skip-preview", "--stack", stack, ...imports];
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
