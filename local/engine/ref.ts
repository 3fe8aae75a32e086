/** References to objects and releases in the cluster, for the inventory. */

/**
 * A Kubernetes object; a Helm release (`apiVersion` "helm", `kind` "Release"); or a patch of an object that another tool
 * deploys (`kind` "Deployment(patch)", which no Kubernetes kind can be).
 */
export interface Ref {
    readonly apiVersion: string;
    readonly kind: string;
    /** Absent for cluster-scoped objects. */
    readonly namespace?: string;
    readonly name: string;
}

/** A reference, whether the object is protected from deletion, and what must outlive it. */
export interface InventoryEntry extends Ref {
    readonly protect: boolean;
    /** Keys (`keyOf`) of the entries that are deleted only after it. @default none are known */
    readonly dependsOn?: readonly string[];
}

const HELM = "helm";

export function releaseRef(namespace: string, name: string): Ref {
    return { apiVersion: HELM, kind: "Release", namespace, name };
}

export function isRelease(ref: Ref): boolean {
    return ref.apiVersion === HELM;
}

const PATCH = "(patch)";

/** The reference of a patch of an object. */
export function patchRef(ref: Ref): Ref {
    return { ...ref, kind: `${ref.kind}${PATCH}` };
}

export function isPatch({ kind }: Ref): boolean {
    return kind.endsWith(PATCH);
}

/** The object that a patch changes. */
export function patchedRef(patch: Ref): Ref {
    return { ...patch, kind: patch.kind.slice(0, -PATCH.length) };
}

/**
 * A unique key. It excludes the API version, which is only another view of the same object: a program that moves from
 * `v1beta1` to `v1` must not prune what it has just applied.
 */
export function keyOf({ apiVersion, kind, namespace, name }: Ref): string {
    const group = apiVersion.includes("/")
        ? apiVersion.slice(0, apiVersion.indexOf("/"))
        : apiVersion === HELM
          ? HELM
          : "";
    return `${group} ${kind} ${namespace ?? "-"} ${name}`;
}

/** For people: `AuthorizationPolicy sparc/deny-all`. */
export function describeRef(ref: Ref): string {
    const { kind, namespace, name } = ref;
    if (isPatch(ref)) return `patch of ${describeRef(patchedRef(ref))}`;
    return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

/** Kinds that run pods, which must be deleted before the policies that select them. */
const WORKLOADS: ReadonlySet<string> = new Set([
    "CronJob",
    "DaemonSet",
    "Deployment",
    "Job",
    "Pod",
    "ReplicaSet",
    "StatefulSet",
]);

/** Kinds whose deletion deletes other objects. */
const CONTAINERS: ReadonlySet<string> = new Set(["CustomResourceDefinition", "Namespace"]);

/** The kinds of resources in the order in which they are deleted, if their dependencies allow it. */
export const DELETION_STAGES = ["workloads", "objects", "releases", "containers"] as const;

export type DeletionStage = (typeof DELETION_STAGES)[number];

export function deletionStage(ref: Ref): DeletionStage {
    if (isRelease(ref)) return "releases";
    if (isPatch(ref)) return deletionStage(patchedRef(ref));
    if (WORKLOADS.has(ref.kind)) return "workloads";
    return CONTAINERS.has(ref.kind) ? "containers" : "objects";
}
