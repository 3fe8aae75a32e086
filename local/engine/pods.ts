/** Describes why a workload's pods are not ready. */
import { type KubeClient } from "./kube/client";
import { type Observed } from "./readiness";

interface ContainerStatus {
    readonly name: string;
    readonly ready?: boolean;
    readonly state?: {
        readonly waiting?: { readonly reason?: string; readonly message?: string };
        readonly terminated?: { readonly reason?: string; readonly exitCode?: number };
    };
    readonly lastState?: { readonly terminated?: { readonly reason?: string; readonly exitCode?: number } };
}

export interface ObservedPod {
    readonly metadata: { readonly name: string; readonly labels?: Readonly<Record<string, string>> };
    readonly status?: {
        readonly phase?: string;
        readonly conditions?: readonly {
            readonly type: string;
            readonly status: string;
            readonly message?: string;
        }[];
        readonly initContainerStatuses?: readonly ContainerStatus[];
        readonly containerStatuses?: readonly ContainerStatus[];
    };
}

interface Event {
    readonly type?: string;
    readonly message?: string;
    readonly lastTimestamp?: string;
    readonly eventTime?: string;
    readonly involvedObject: { readonly name: string };
}

/** Waiting reasons that explain nothing: another container's status or an event has the cause. */
const NO_REASON: ReadonlySet<string> = new Set(["ContainerCreating", "PodInitializing"]);

/** Describes the problem of each pod of a workload that is not ready. */
export async function podProblems(client: KubeClient, { metadata, spec }: Observed): Promise<string[]> {
    const labels = Object.entries(spec?.selector?.matchLabels ?? {});
    if (labels.length === 0) return [];
    const base = `/api/v1/namespaces/${metadata.namespace ?? "default"}`;
    const selector = encodeURIComponent(labels.map(([key, value]) => `${key}=${value}`).join(","));
    const { items: pods } = (await client.get(`${base}/pods?labelSelector=${selector}`)) as {
        items: ObservedPod[];
    };
    const unready = pods.filter((pod) => !isReady(pod));
    return Promise.all(
        unready.map(async (pod) => {
            const field = encodeURIComponent(
                `involvedObject.kind=Pod,involvedObject.name=${pod.metadata.name}`,
            );
            const { items } = (await client.get(`${base}/events?fieldSelector=${field}`)) as {
                items: Event[];
            };
            const event = lastWarning(items);
            return `pod ${pod.metadata.name}: ${podProblem(pod)}${event === undefined ? "" : `; last event: ${event}`}`;
        }),
    );
}

/** The reason that a pod's status gives for not being ready. */
export function podProblem({ status = {} }: ObservedPod): string {
    const unscheduled = status.conditions?.find(
        ({ type, status: value }) => type === "PodScheduled" && value === "False",
    );
    if (unscheduled !== undefined) return `not scheduled: ${unscheduled.message ?? "no reason given"}`;
    const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
    const problems = containers.flatMap((container) => containerProblem(container) ?? []);
    if (problems.length > 0) return problems.join("; ");
    const unready = containers.filter(
        ({ ready, state }) => ready !== true && state?.terminated === undefined,
    );
    const names = unready.map(({ name }) => name).join(", ");
    return names === "" ? (status.phase ?? "no status yet") : `not ready: ${names}`;
}

function containerProblem({ name, state = {}, lastState = {} }: ContainerStatus): string | undefined {
    const { waiting, terminated } = state;
    const last = lastState.terminated;
    if (waiting?.reason !== undefined && !NO_REASON.has(waiting.reason)) {
        const exit =
            last === undefined
                ? ""
                : `, last exit ${last.exitCode ?? "unknown"} (${last.reason ?? "no reason"})`;
        return `${name}: ${waiting.reason}${waiting.message === undefined ? "" : `: ${waiting.message}`}${exit}`;
    }
    if (terminated !== undefined && terminated.exitCode !== 0) {
        return `${name}: exited with ${terminated.exitCode ?? "unknown"} (${terminated.reason ?? "no reason"})`;
    }
    return undefined;
}

function isReady({ status }: ObservedPod): boolean {
    return (
        status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") ?? false
    );
}

function lastWarning(events: readonly Event[]): string | undefined {
    const warnings = events.filter(({ type }) => type === "Warning");
    const when = ({ lastTimestamp, eventTime }: Event): string => lastTimestamp ?? eventTime ?? "";
    return [...warnings].sort((a, b) => (when(a) < when(b) ? -1 : 1)).at(-1)?.message;
}
