/** Pending operations in Pulumi's state after an update was killed. */
import { releaseRef, type Ref } from "../ref";

/** An operation that started and whose result Pulumi has not recorded. */
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

/** The pending operations of a state from `pulumi stack export`. */
export function pendingOperations(deployment: unknown): readonly PendingOperation[] {
    return (deployment as State | undefined)?.pending_operations ?? [];
}

/**
 * The state with pending creates as created resources, with the ID that the provider would have assigned. A refresh then
 * reads each from the cluster, or drops it if it was not created; otherwise the next update would create it again and fail.
 * (`pulumi refresh --import-pending-creates` has no effect in Pulumi 3.248.)
 *
 * @param deployment from `pulumi stack export`
 */
export function withPendingCreates(deployment: unknown): unknown {
    const state = deployment as State;
    const pending = state.pending_operations ?? [];
    const created = pending.flatMap(({ type, resource }) => {
        const id = type === "creating" ? idOf(resource) : undefined;
        return id === undefined ? [] : [{ ...resource, id, outputs: resource.inputs }];
    });
    const createdUrns = new Set(created.map(({ urn }) => urn));
    return {
        ...state,
        resources: [...(state.resources ?? []), ...created],
        pending_operations: pending.filter(({ resource }) => !createdUrns.has(resource.urn)),
    };
}

/** The URNs of protected resources in a state from `pulumi stack export`. */
export function protectedResources(deployment: unknown): string[] {
    const { resources = [] } = (deployment ?? {}) as State;
    return resources.filter(({ protect }) => protect === true).map(({ urn }) => urn);
}

/** Releases with a possibly interrupted Helm operation, which Helm rejects further operations on until they are repaired. */
export function pendingReleases(operations: readonly PendingOperation[]): Ref[] {
    return operations.flatMap(({ resource: { type, inputs } }) =>
        type === RELEASE && typeof inputs?.name === "string" && typeof inputs.namespace === "string"
            ? [releaseRef(inputs.namespace, inputs.name)]
            : [],
    );
}

/** The provider's ID: `namespace/name`, or `name`. */
function idOf({ type, inputs }: PendingOperation["resource"]): string | undefined {
    if (!type.startsWith("kubernetes:")) return undefined;
    const { name, namespace } = type === RELEASE ? (inputs ?? {}) : (inputs?.metadata ?? {});
    if (typeof name !== "string") return undefined;
    return typeof namespace === "string" ? `${namespace}/${name}` : name;
}
