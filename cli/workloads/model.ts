/** The data of `mesh workloads check`: workloads as manifests or a cluster have them, and findings. */
import type { Container as KubernetesContainer, PodSpec } from "kubernetes-types/core/v1";
import type { Platform } from "../../components/base/platform";
import type { ObjectHead } from "../../local/lib/kube-object";

export type Container = KubernetesContainer;

/** A Kubernetes object, and where it was read. */
export interface ReadObject {
    /** `deploy.yaml:12`, `-:1` for standard input, or the cluster's context. */
    readonly place: string;
    readonly object: ObjectHead & {
        readonly metadata: { readonly ownerReferences?: readonly unknown[] };
        readonly spec?: unknown;
    };
}

export const WORKLOAD_KINDS = ["Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod"] as const;
export type WorkloadKind = (typeof WORKLOAD_KINDS)[number];

/** A workload with its pods, whatever its kind. */
export interface Workload extends ReadObject {
    readonly kind: WorkloadKind;
    readonly name: string;
    readonly namespace: string;
    /** The keys from the object to its pod template; none for a Pod. */
    readonly path: readonly string[];
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
    readonly pod: Partial<PodSpec>;
    /** Without init containers. */
    readonly containers: readonly Container[];
    readonly initContainers: readonly Container[];
    /** The catalogue's service that it is to run; undefined if nothing says so. */
    readonly service: string | undefined;
    /** Whether the stack patches it (`from: existing`), so that the program adds what only labels and accounts need. */
    readonly isAdopted: boolean;
}

/** Everything that a check can look at. */
export interface Context {
    readonly platform: Platform;
    readonly workloads: readonly Workload[];
    /** The Services and autoscalers among the objects. */
    readonly others: readonly ReadObject[];
}

/** `error`: traffic fails, or bypasses the mesh. `warning`: traffic can fail at times, or the mesh does less. */
export type Severity = "error" | "warning";

export interface Finding {
    /** The name of the check. */
    readonly check: string;
    readonly severity: Severity;
    readonly place: string;
    /** `Deployment sparc/orders`. */
    readonly object: string;
    /** The field, such as `spec.template.spec.hostNetwork`. */
    readonly field: string;
    /** What is wrong, and its effect. */
    readonly problem: string;
    readonly fix: string;
    /** A strategic merge patch that mends it; absent if no field of the object can. */
    readonly patch?: object;
}

/** What a check finds in a workload; the rest follows from the workload. */
export interface Draft extends Pick<Finding, "severity" | "problem" | "fix" | "patch"> {
    /** The field, below the pod template unless it begins with a slash. */
    readonly field: string;
}

export type Check = (workload: Workload, context: Context) => readonly Draft[];

/** A patch of the pod template: `metadata` and `spec` of its pods. */
export function podPatch({ object, path }: Workload, template: object): object {
    const inner = path.reduceRight<object>((value, key) => ({ [key]: value }), template);
    return objectPatch({ object }, inner);
}

/** A patch of the object itself. */
export function objectPatch({ object }: Pick<ReadObject, "object">, fields: object): object {
    const { apiVersion, kind, metadata } = object;
    const { name, namespace } = metadata;
    const identity = { name, ...(namespace === undefined ? {} : { namespace }) };
    const { metadata: more = {}, ...rest } = fields as { metadata?: object };
    return { apiVersion, kind, metadata: { ...identity, ...more }, ...rest };
}
