/** When an object does what it is there for. Pure: from the object as the server shows it. */
import { UnsupportedError } from "./resource";

export type Readiness =
    | { readonly is: "ready" }
    /** `final` where waiting longer is of no use. */
    | { readonly is: "waiting"; readonly because: string; readonly final: boolean };

interface Condition {
    readonly type: string;
    readonly status: string;
    readonly reason?: string;
    readonly message?: string;
}

/** The fields of the kinds that we wait for. */
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

/** The annotations by which a program tells any Pulumi engine what to wait for. */
const WAIT_FOR = "pulumi.com/waitFor";
const SKIP_AWAIT = "pulumi.com/skipAwait";

const ROLLOUTS: ReadonlySet<string> = new Set(["DaemonSet", "Deployment", "StatefulSet"]);

/** Flagger's, which makes what serves: until it has, pods come and go. How a rollout ends is another matter. */
const CANARY = "Canary";

const READY: Readiness = { is: "ready" };

/**
 * Whether there is anything to wait for with such an object.
 *
 * @throws UnsupportedError for a wait that only the Pulumi CLI knows.
 */
export function isAwaited({
    kind,
    metadata: { name, annotations = {} },
}: Pick<Observed, "kind" | "metadata">): boolean {
    const wanted = annotations[WAIT_FOR];
    if (wanted !== undefined && conditionOf(wanted) === undefined) {
        throw new UnsupportedError(
            `the wait "${wanted}" of ${kind} "${name}"; it knows condition=Type alone`,
        );
    }
    return (
        annotations[SKIP_AWAIT] !== "true" && (wanted !== undefined || kind === CANARY || ROLLOUTS.has(kind))
    );
}

/**
 * Whether what depends on such an object waits for it: the program says so by the annotation. Workloads are waited for all
 * together at the end, which takes the longest's time and not the sum of all.
 */
export function holdsOthers(object: Pick<Observed, "kind" | "metadata">): boolean {
    return isAwaited(object) && object.metadata.annotations?.[WAIT_FOR] !== undefined;
}

export function readinessOf(object: Observed): Readiness {
    const { generation = 0, annotations = {} } = object.metadata;
    const observed = object.status?.observedGeneration;
    if (observed !== undefined ? observed < generation : ROLLOUTS.has(object.kind)) {
        return waiting("its controller has not seen the change yet");
    }
    const wanted = annotations[WAIT_FOR];
    if (wanted !== undefined) return conditionReadiness(object, wanted);
    if (object.kind === CANARY) return canaryReadiness(object);
    return object.kind === "DaemonSet" ? daemonSetReadiness(object) : replicasReadiness(object);
}

function replicasReadiness({ spec, status = {} }: Observed): Readiness {
    const wanted = spec?.replicas ?? 1;
    const { replicas = 0, updatedReplicas = 0, availableReplicas = 0, conditions = [] } = status;
    const stuck = conditions.find(
        ({ type, reason }) => type === "Progressing" && reason === "ProgressDeadlineExceeded",
    );
    const refused = conditions.find(
        ({ type, status: value }) => type === "ReplicaFailure" && value === "True",
    );
    if (updatedReplicas >= wanted && replicas <= updatedReplicas && availableReplicas >= wanted) return READY;
    const because =
        refused?.message ?? `${Math.min(availableReplicas, updatedReplicas)} of ${wanted} pods are available`;
    return waiting(because, stuck !== undefined);
}

function daemonSetReadiness({ status = {} }: Observed): Readiness {
    const { desiredNumberScheduled = 0, updatedNumberScheduled = 0, numberAvailable = 0 } = status;
    if (updatedNumberScheduled >= desiredNumberScheduled && numberAvailable >= desiredNumberScheduled)
        return READY;
    return waiting(`${numberAvailable} of ${desiredNumberScheduled} pods are available`);
}

function canaryReadiness({ status: { phase = "", conditions = [] } = {} }: Observed): Readiness {
    if (phase !== "" && phase !== "Initializing") return READY;
    return waiting(conditions[0]?.message ?? "Flagger has not made its primary yet");
}

function conditionReadiness({ status }: Observed, wanted: string): Readiness {
    const { type, value } = conditionOf(wanted) ?? { type: wanted, value: "True" };
    const found = status?.conditions?.find((condition) => condition.type === type);
    if (found?.status.toLowerCase() === value.toLowerCase()) return READY;
    return waiting(found?.message ?? `it has no condition ${type} yet`);
}

/** `condition=Ready` or `condition=Ready=True`, as Pulumi and kubectl write it. */
function conditionOf(text: string): { type: string; value: string } | undefined {
    const [, type, value = "True"] = /^condition=(\w+)(?:=(\w+))?$/.exec(text) ?? [];
    return type === undefined ? undefined : { type, value };
}

function waiting(because: string, final = false): Readiness {
    return { is: "waiting", because, final };
}
