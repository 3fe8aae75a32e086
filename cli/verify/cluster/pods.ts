/** What a pod's status says. */
import type { KubeObject } from "../drift/objects";

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

/** States out of which no pod comes by itself. */
const HOPELESS = new Set([
    "ErrImageNeverPull",
    "ErrImagePull",
    "ImagePullBackOff",
    "InvalidImageName",
    "CreateContainerConfigError",
    "CreateContainerError",
]);

/** Why a pod will not become ready, if so much is known. */
export function troubleOf({ metadata, status }: PodObject): string | undefined {
    const at = placeOf(metadata);
    if (status?.phase === "Failed")
        return `${at}: ${status.reason ?? "Failed"} ${status.message ?? ""}`.trim();
    const waiting = containersOf(status).find(({ state }) => HOPELESS.has(state?.waiting?.reason ?? ""))
        ?.state?.waiting;
    return waiting === undefined
        ? undefined
        : `${at}: ${waiting.reason ?? ""} ${waiting.message ?? ""}`.trim();
}

/** What an unready pod waits for, as far as its conditions tell. */
export function waitsFor({ metadata, status }: PodObject): string {
    const open = status?.conditions?.find((condition) => condition.status !== "True" && condition.message);
    return `${placeOf(metadata)}: ${open?.message ?? status?.phase ?? "no status"}`;
}

/** What a pod that is to go stays for, as far as its status tells. */
export function staysFor({ metadata, status }: PodObject): string {
    const running = containersOf(status).flatMap(({ name, state }) =>
        state?.running === undefined ? [] : [name],
    );
    const why = [
        metadata.deletionTimestamp === undefined
            ? "not marked for deletion"
            : `to go by ${metadata.deletionTimestamp}`,
        running.length === 0 ? "no container runs" : `${running.join(" and ")} runs`,
    ];
    return `${placeOf(metadata)} (${why.join(", ")})`;
}

function placeOf({ namespace = "", name }: PodObject["metadata"]): string {
    return `${namespace}/${name}`;
}

function containersOf(status: PodObject["status"]): readonly ContainerStatus[] {
    return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
}
