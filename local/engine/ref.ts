/** Names for what is in the cluster, as the inventory keeps them. */

/** A Kubernetes object, or a Helm release (`apiVersion` "helm", `kind` "Release"). */
export interface Ref {
    readonly apiVersion: string;
    readonly kind: string;
    /** Absent for what belongs to no namespace. */
    readonly namespace?: string;
    readonly name: string;
}

/** A ref, and whether the program forbids deleting what it names. */
export interface Entry extends Ref {
    readonly protect: boolean;
}

const HELM = "helm";

export function releaseRef(namespace: string, name: string): Ref {
    return { apiVersion: HELM, kind: "Release", namespace, name };
}

export function isRelease(ref: Ref): boolean {
    return ref.apiVersion === HELM;
}

/**
 * One text for each thing. The API's version is left out, since it is another view of the same object: a program that
 * moves from `v1beta1` to `v1` must not prune what it has just applied.
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
export function describeRef({ kind, namespace, name }: Ref): string {
    return `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`;
}

/** Kinds that run pods, which must be gone before the policies on them. */
const WORKLOADS: ReadonlySet<string> = new Set([
    "CronJob",
    "DaemonSet",
    "Deployment",
    "Job",
    "Pod",
    "ReplicaSet",
    "StatefulSet",
]);

/** Kinds that take others with them. */
const CONTAINERS: ReadonlySet<string> = new Set(["CustomResourceDefinition", "Namespace"]);

/** The stages of a deletion, in order; all of one is gone before the next begins. */
export const DELETION_STAGES = ["workloads", "objects", "releases", "containers"] as const;

export type DeletionStage = (typeof DELETION_STAGES)[number];

export function deletionStage(ref: Ref): DeletionStage {
    if (isRelease(ref)) return "releases";
    if (WORKLOADS.has(ref.kind)) return "workloads";
    return CONTAINERS.has(ref.kind) ? "containers" : "objects";
}

/**
 * In the order in which to delete: pods before the policies that guard them, objects before the releases that own
 * their kinds, namespaces last, since a release keeps its records in one; within a stage, last applied goes first.
 */
export function deletionOrder<R extends Ref>(refs: readonly R[]): R[] {
    const backwards = [...refs].reverse();
    return DELETION_STAGES.flatMap((stage) => backwards.filter((ref) => deletionStage(ref) === stage));
}
