/** The pods of a workload, whatever its kind. */
import { type EmbeddedPod, findEmbeddedPods, canContainPods } from "./embedded-pods";
import { at, type Fields, fields, labelsAt, list, text } from "./read";
import { type Subject } from "./subject";

/** Path of the pod's metadata and spec in each kind. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
    "core/Pod": [],
    "core/PodTemplate": ["template"],
    "core/ReplicationController": ["spec", "template"],
    "apps/DaemonSet": ["spec", "template"],
    "apps/Deployment": ["spec", "template"],
    "apps/ReplicaSet": ["spec", "template"],
    "apps/StatefulSet": ["spec", "template"],
    "batch/Job": ["spec", "template"],
    "batch/CronJob": ["spec", "jobTemplate", "spec", "template"],
    "argoproj.io/Rollout": ["spec", "template"],
};

/** Entry in a rule's `appliesTo`: any other kind with a pod template, such as CloneSet or Knative Service. */
export const ANY_POD_TEMPLATE = "*/(pod template)";

export const WORKLOADS: readonly string[] = [...Object.keys(TEMPLATES), ANY_POD_TEMPLATE];

export type Pod = EmbeddedPod;

const NO_POD: Pod = { path: "", labels: {}, annotations: {}, spec: {}, isTemplate: false };

/** Embedded pods by resource properties, cached for all rules. */
const embeddedPodsCache = new WeakMap<object, readonly Pod[]>();

/** The pods of a resource of an unknown kind; empty if it contains no pod template. */
export function embeddedPods({ id, props }: Pick<Subject, "id" | "props">): readonly Pod[] {
    const [group = "", kind] = id.split("/");
    if (kind === undefined || id.includes(":") || TEMPLATES[id] !== undefined || !canContainPods(group))
        return [];
    const known = embeddedPodsCache.get(props) ?? findEmbeddedPods(props);
    embeddedPodsCache.set(props, known);
    return known;
}

/** Whether an object creates pods, by its kind or by its fields. */
export function isWorkload(subject: Subject): boolean {
    return TEMPLATES[subject.id] !== undefined || embeddedPods(subject).length > 0;
}

/** Every pod of an object: one for Kubernetes' kinds, any number for custom resources. */
export function podsIn(workload: Subject): readonly Pod[] {
    const path = TEMPLATES[workload.id];
    if (path === undefined) return embeddedPods(workload);
    const template = at(workload.props, ...path);
    return [
        {
            path: path.map((key) => `${key}.`).join(""),
            labels: labelsAt(template, "metadata", "labels"),
            annotations: labelsAt(template, "metadata", "annotations"),
            spec: fields(at(template, "spec")),
            isTemplate: true,
        },
    ];
}

/** The pod of an object; the first one if there are several. */
export function podOf(workload: Subject): Pod {
    const pods = podsIn(workload);
    return pods.find(({ isTemplate }) => isTemplate) ?? pods[0] ?? NO_POD;
}

export interface Container {
    readonly path: string;
    readonly name: string;
    readonly fields: Fields;
    readonly isInit: boolean;
}

/** The first container that is not the proxy; undefined if the pod only runs a proxy. */
export function firstAppContainer(pod: Pod): Container | undefined {
    return containersOf(pod).find(({ name, isInit }) => !isInit && name !== "istio-proxy");
}

/** Containers, init containers and ephemeral containers. */
export function containersOf({ path, spec }: Pick<Pod, "path" | "spec">): readonly Container[] {
    return ["initContainers", "containers", "ephemeralContainers"].flatMap((key) =>
        list(spec[key]).map((container, index) => ({
            path: `${path}spec.${key}[${index}]`,
            name: text(fields(container)["name"]) ?? String(index),
            fields: fields(container),
            isInit: key !== "containers",
        })),
    );
}
