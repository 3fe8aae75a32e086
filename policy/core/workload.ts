/** The pods that a workload's template makes, whatever kind of workload it is. */
import { at, type Fields, fields, labelsAt, list, text } from "./read";
import { type Subject } from "./subject";

/** Where each kind keeps its pod's metadata and spec. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
    "core/Pod": [],
    "core/ReplicationController": ["spec", "template"],
    "apps/DaemonSet": ["spec", "template"],
    "apps/Deployment": ["spec", "template"],
    "apps/ReplicaSet": ["spec", "template"],
    "apps/StatefulSet": ["spec", "template"],
    "batch/Job": ["spec", "template"],
    "batch/CronJob": ["spec", "jobTemplate", "spec", "template"],
    "argoproj.io/Rollout": ["spec", "template"],
};

export const WORKLOADS: readonly string[] = Object.keys(TEMPLATES);

export interface Pod {
    /** Where it is in the workload, for messages: `spec.template.`. */
    readonly path: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
    readonly spec: Fields;
}

export function podOf(workload: Subject): Pod {
    const path = TEMPLATES[workload.id] ?? [];
    const template = at(workload.props, ...path);
    return {
        path: path.map((key) => `${key}.`).join(""),
        labels: labelsAt(template, "metadata", "labels"),
        annotations: labelsAt(template, "metadata", "annotations"),
        spec: fields(at(template, "spec")),
    };
}

export interface Container {
    readonly path: string;
    readonly name: string;
    readonly fields: Fields;
    readonly isInit: boolean;
}

/** The first container that runs beside a proxy; undefined where a pod is a proxy alone. */
export function besideProxy(pod: Pod): Container | undefined {
    return containersOf(pod).find(({ name, isInit }) => !isInit && name !== "istio-proxy");
}

/** Containers and init containers. */
export function containersOf({ path, spec }: Pod): readonly Container[] {
    return ["initContainers", "containers"].flatMap((key) =>
        list(spec[key]).map((container, index) => ({
            path: `${path}spec.${key}[${index}]`,
            name: text(fields(container)["name"]) ?? String(index),
            fields: fields(container),
            isInit: key === "initContainers",
        })),
    );
}
