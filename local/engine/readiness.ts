/** Whether an object is ready, from its status. */
import { UnsupportedError } from "./resource";

export type Readiness =
    | { readonly is: "ready" }
    /** `final` if waiting longer is useless. */
    | { readonly is: "waiting"; readonly because: string; readonly final: boolean };

interface Condition {
    readonly type: string;
    readonly status: string;
    readonly reason?: string;
    readonly message?: string;
}

/** The fields that readiness depends on. */
export interface Observed {
    readonly kind: string;
    readonly metadata: {
        readonly name: string;
        readonly namespace?: string;
        readonly generation?: number;
        readonly annotations?: Readonly<Record<string, string>>;
    };
    readonly spec?: {
        readonly replicas?: number;
        readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
    };
    readonly status?: {
        readonly observedGeneration?: number;
        readonly replicas?: number;
        readonly updatedReplicas?: number;
        readonly availableReplicas?: number;
        readonly phase?: string;
        readonly desiredNumberScheduled?: number;
        readonly updatedNumberScheduled?: number;
        readonly numberAvailable?: number;
        readonly conditions?: readonly Condition[];
    };
}

/** Annotations that specify what a Pulumi engine waits for. */
const WAIT_FOR = "pulumi.com/waitFor";
const SKIP_AWAIT = "pulumi.com/skipAwait";

const ROLLOUTS: ReadonlySet<string> = new Set(["DaemonSet", "Deployment", "StatefulSet"]);

/** Of Flagger. The engine knows no component of the program, so it names the kind and its first phase itself. */
const CANARY = "Canary";
const INITIALIZING = "Initializing";

const READY: Readiness = { is: "ready" };

/**
 * Whether the engine waits for such an object.
 *
 * @throws UnsupportedError for a wait condition that only the Pulumi CLI supports.
 */
export function isAwaited({
    kind,
    metadata: { name, annotations = {} },
}: Pick<Observed, "kind" | "metadata">): boolean {
    const desired = annotations[WAIT_FOR];
    if (desired !== undefined && conditionOf(desired) === undefined && fieldOf(desired) === undefined) {
        throw new UnsupportedError(
            `the wait condition "${desired}" of ${kind} "${name}"; it supports only condition=Type and jsonpath={.field}`,
        );
    }
    return (
        annotations[SKIP_AWAIT] !== "true" && (desired !== undefined || kind === CANARY || ROLLOUTS.has(kind))
    );
}

/**
 * Whether everything after such an object waits for it, which the annotation requests. Only what names another workload
 * as its dependency waits for that. The engine waits for all workloads together at the end, which takes as long as the
 * slowest one and not the sum of all.
 */
export function blocksDependents(object: Pick<Observed, "kind" | "metadata">): boolean {
    return isAwaited(object) && object.metadata.annotations?.[WAIT_FOR] !== undefined;
}

export function readinessOf(object: Observed): Readiness {
    const { generation = 0, annotations = {} } = object.metadata;
    const observed = object.status?.observedGeneration;
    if (observed !== undefined ? observed < generation : ROLLOUTS.has(object.kind)) {
        return waiting("its controller has not observed the change yet");
    }
    const desired = annotations[WAIT_FOR];
    const field = desired === undefined ? undefined : fieldOf(desired);
    if (field !== undefined) return fieldReadiness(object, field);
    if (desired !== undefined) return conditionReadiness(object, desired);
    if (object.kind === CANARY) return canaryReadiness(object);
    return object.kind === "DaemonSet" ? daemonSetReadiness(object) : replicasReadiness(object);
}

function replicasReadiness({ spec, status = {} }: Observed): Readiness {
    const desired = spec?.replicas ?? 1;
    const { replicas = 0, updatedReplicas = 0, availableReplicas = 0, conditions = [] } = status;
    const stuck = conditions.find(
        ({ type, reason }) => type === "Progressing" && reason === "ProgressDeadlineExceeded",
    );
    const rejected = conditions.find(
        ({ type, status: value }) => type === "ReplicaFailure" && value === "True",
    );
    if (updatedReplicas >= desired && replicas <= updatedReplicas && availableReplicas >= desired)
        return READY;
    const because =
        rejected?.message ??
        `${Math.min(availableReplicas, updatedReplicas)} of ${desired} pods are available`;
    return waiting(because, stuck !== undefined);
}

function daemonSetReadiness({ status = {} }: Observed): Readiness {
    const { desiredNumberScheduled = 0, updatedNumberScheduled = 0, numberAvailable = 0 } = status;
    if (updatedNumberScheduled >= desiredNumberScheduled && numberAvailable >= desiredNumberScheduled)
        return READY;
    return waiting(`${numberAvailable} of ${desiredNumberScheduled} pods are available`);
}

/** Pods come and go until Flagger has created the primary. The outcome of a rollout does not matter. */
function canaryReadiness({ status: { phase = "", conditions = [] } = {} }: Observed): Readiness {
    if (phase !== "" && phase !== INITIALIZING) return READY;
    return waiting(conditions[0]?.message ?? "Flagger has not created its primary yet");
}

function conditionReadiness({ status }: Observed, desired: string): Readiness {
    const { type, value } = conditionOf(desired) ?? { type: desired, value: "True" };
    const condition = status?.conditions?.find((candidate) => candidate.type === type);
    if (condition?.status.toLowerCase() === value.toLowerCase()) return READY;
    return waiting(condition?.message ?? `it has no condition ${type} yet`);
}

function fieldReadiness(object: Observed, field: readonly string[]): Readiness {
    let value: unknown = object;
    for (const key of field)
        value =
            typeof value === "object" && value !== null ? (value as Record<string, unknown>)[key] : undefined;
    return value === undefined ? waiting(`it has no ${field.join(".")} yet`) : READY;
}

/** Parses `jsonpath={.status.phase}`, which is true when the object has the field. */
function fieldOf(text: string): readonly string[] | undefined {
    return /^jsonpath=\{((?:\.\w+)+)\}$/.exec(text)?.[1]?.slice(1).split(".");
}

/** Parses `condition=Ready` or `condition=Ready=True`, the notation of Pulumi and kubectl. */
function conditionOf(text: string): { type: string; value: string } | undefined {
    const [, type, value = "True"] = /^condition=(\w+)(?:=(\w+))?$/.exec(text) ?? [];
    return type === undefined ? undefined : { type, value };
}

function waiting(because: string, final = false): Readiness {
    return { is: "waiting", because, final };
}
