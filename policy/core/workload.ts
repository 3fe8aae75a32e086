/** The pods that a workload's template makes, whatever kind of workload it is. */
import { type FoundPod, findPods, mayCarry } from "./carriers";
import { at, type Fields, fields, labelsAt, list, text } from "./read";
import { type Subject } from "./subject";

/** Where each kind keeps its pod's metadata and spec. */
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

/** Among a rule's `judges`: any other kind that holds a pod template, such as CloneSet or Knative's Service. */
export const CARRIER = "*/(pod template)";

export const WORKLOADS: readonly string[] = [...Object.keys(TEMPLATES), CARRIER];

export type Pod = FoundPod;

const NO_POD: Pod = { path: "", labels: {}, annotations: {}, spec: {}, isTemplate: false };

/** What is found in a resource's properties, once for all rules. */
const carried = new WeakMap<object, readonly Pod[]>();

/** The pods that a resource of no known kind makes: none where it holds no pod template, or a part of one. */
export function podsCarried({ id, props }: Pick<Subject, "id" | "props">): readonly Pod[] {
    const [group = "", kind] = id.split("/");
    if (kind === undefined || id.includes(":") || TEMPLATES[id] !== undefined || !mayCarry(group)) return [];
    const known = carried.get(props) ?? findPods(props);
    carried.set(props, known);
    return known;
}

/** Whether an object makes pods, as far as its kind or its fields say. */
export function isWorkload(subject: Subject): boolean {
    return TEMPLATES[subject.id] !== undefined || podsCarried(subject).length > 0;
}

/** Every pod that an object makes: one in Kubernetes' own kinds, and any number in custom resources. */
export function podsIn(workload: Subject): readonly Pod[] {
    const path = TEMPLATES[workload.id];
    if (path === undefined) return podsCarried(workload);
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

/** The pod that an object makes, and the first one where it makes several. */
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

/** The first container that runs beside a proxy; undefined where a pod is a proxy alone. */
export function besideProxy(pod: Pod): Container | undefined {
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
