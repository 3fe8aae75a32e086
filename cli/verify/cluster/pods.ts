/** Interprets a pod's status. */
import type { KubeObject } from "../../lib/drift/objects";

interface ContainerStatus {
    readonly name: string;
    readonly state?: {
        readonly waiting?: { readonly reason?: string; readonly message?: string };
        readonly running?: object;
    };
}

export interface PodObject extends KubeObject {
    readonly metadata: KubeObject["metadata"] & {
        readonly creationTimestamp?: string;
        readonly deletionTimestamp?: string;
    };
    readonly status?: {
        readonly phase?: string;
        readonly podIP?: string;
        readonly reason?: string;
        readonly message?: string;
        readonly conditions?: readonly {
            readonly type: string;
            readonly status: string;
            readonly reason?: string;
            readonly message?: string;
        }[];
        readonly containerStatuses?: readonly ContainerStatus[];
        readonly initContainerStatuses?: readonly ContainerStatus[];
    };
}

export function isReady({ metadata, status }: PodObject): boolean {
    const ready = status?.conditions?.find(({ type }) => type === "Ready");
    return (
        metadata.deletionTimestamp === undefined && status?.phase === "Running" && ready?.status === "True"
    );
}

/** Waiting reasons from which a pod does not recover without intervention. */
const TERMINAL_REASONS = new Set([
    "ErrImageNeverPull",
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "CreateContainerConfigError",
    "CreateContainerError",
]);

/** Why a pod cannot become ready; undefined if no permanent failure is known. */
export function startFailureOf({ metadata, status }: PodObject): string | undefined {
    const at = nameOf(metadata);
    if (status?.phase === "Failed")
        return `${at}: ${status.reason ?? "Failed"} ${status.message ?? ""}`.trim();
    const waiting = containersOf(status).find(({ state }) =>
        TERMINAL_REASONS.has(state?.waiting?.reason ?? ""),
    )?.state?.waiting;
    return waiting === undefined
        ? undefined
        : `${at}: ${waiting.reason ?? ""} ${waiting.message ?? ""}`.trim();
}

/** Why a pod is not ready yet, from its conditions. */
export function notReadyReason({ metadata, status }: PodObject): string {
    const open = status?.conditions?.find((condition) => condition.status !== "True" && condition.message);
    return `${nameOf(metadata)}: ${open?.message ?? status?.phase ?? "no status"}`;
}

/** Why a terminating pod still exists, from its status. */
export function notDeletedReason({ metadata, status }: PodObject): string {
    const running = containersOf(status).flatMap(({ name, state }) =>
        state?.running === undefined ? [] : [name],
    );
    const why = [
        metadata.deletionTimestamp === undefined
            ? "not marked for deletion"
            : `deletion deadline ${metadata.deletionTimestamp}`,
        running.length === 0 ? "no container is running" : `still running: ${running.join(", ")}`,
    ];
    return `${nameOf(metadata)} (${why.join(", ")})`;
}

function nameOf({ namespace = "", name }: PodObject["metadata"]): string {
    return `${namespace}/${name}`;
}

function containersOf(status: PodObject["status"]): readonly ContainerStatus[] {
    return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
}
