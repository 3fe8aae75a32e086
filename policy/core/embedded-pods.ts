/**
 * Pod templates in kinds without an entry in `workload.ts`: CloneSet, JobSet, Knative Service, Argo Workflow,
 * Spark and Ray jobs, and any other custom resource. They are recognized by their shape.
 */
import { type Fields, fields, labelsAt, list, isNonEmpty, UnknownField } from "./read";

type Labels = Readonly<Record<string, string>>;

/** A pod, or a part of one: fields that a custom resource sets on the pods of its controller. */
export interface EmbeddedPod {
    /** Path in the object, for messages: `spec.template.`. */
    readonly path: string;
    readonly labels: Labels;
    readonly annotations: Labels;
    readonly spec: Fields;
    /** Whether it is a complete pod template, so that an absent field means Kubernetes' default. */
    readonly isTemplate: boolean;
}

/** Fields with lists of containers. `steps` and `sidecars` are Tekton's; Argo Workflows uses `sidecars` too. */
const CONTAINER_LISTS = ["containers", "initContainers", "ephemeralContainers", "steps", "sidecars"];

/** Fields with one container: templates of Argo Workflows. */
const SINGLE_CONTAINERS = ["container", "script"];

/** Keys that are not searched for pods: their content belongs to the enclosing pod. */
const NO_PODS_BELOW: ReadonlySet<string> = new Set([
    ...CONTAINER_LISTS,
    ...SINGLE_CONTAINERS,
    "metadata",
    "podMetadata",
    "volumes",
]);

/** Fields that only occur in a pod spec, whatever the name of the field that contains it. */
const POD_FIELDS = ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "podMetadata"];

/** Prefixes of labels and annotations that control injection, traffic capture or attached networks. */
const MESH_OR_NETWORK_KEY =
    /(^|\.)(istio\.io|cncf\.io|multus-cni\.io|ovn\.org|ovn\.kubernetes\.io|projectcalico\.org|networking\.gke\.io)\//;

/**
 * Groups whose objects contain pod patterns but create no pods. The values of a chart are evaluated together
 * with its rendered objects.
 */
const PATTERNS =
    /(^|\.)(kyverno\.io|gatekeeper\.sh|admissionregistration\.k8s\.io|apiextensions\.k8s\.io|helm\.sh)$/;

/** Groups whose pod-creating kinds all have an entry in `workload.ts`. */
const KNOWN_GROUPS: ReadonlySet<string> = new Set([
    "apps",
    "batch",
    "core",
    "networking.k8s.io",
    "rbac.authorization.k8s.io",
    "security.istio.io",
    "telemetry.istio.io",
]);

/** Deeper than the pod template of any known kind. */
const MAX_DEPTH = 12;

/** Whether objects of an API group can contain pod templates at all. */
export function canContainPods(group: string): boolean {
    return !PATTERNS.test(group) && !KNOWN_GROUPS.has(group);
}

/** Every pod, or part of one, in a custom resource. Skips unknown fields, so that one does not hide the others. */
export function findEmbeddedPods(properties: Fields): readonly EmbeddedPod[] {
    const embedded: EmbeddedPod[] = [];
    for (const key of Object.keys(properties)) {
        if (["apiVersion", "kind", "metadata", "status"].includes(key)) continue;
        walk(known(properties, key), [key], properties, embedded);
    }
    return embedded;
}

function walk(node: unknown, path: readonly string[], parent: Fields, embedded: EmbeddedPod[]): void {
    if (typeof node !== "object" || node === null || path.length > MAX_DEPTH) return;
    if (Array.isArray(node)) {
        const last = path.at(-1) ?? "";
        for (const index of node.keys())
            walk(
                known(node as unknown as Fields, String(index)),
                [...path.slice(0, -1), `${last}[${index}]`],
                {},
                embedded,
            );
        return;
    }
    const record = node as Fields;
    const pod = podAt(record, path, parent);
    if (pod !== undefined) embedded.push(pod);
    for (const key of Object.keys(record)) {
        if (NO_PODS_BELOW.has(key)) continue;
        walk(known(record, key), [...path, key], record, embedded);
    }
}

function podAt(record: Fields, path: readonly string[], parent: Fields): EmbeddedPod | undefined {
    // `metadata` next to a pod's `spec` belongs to that pod.
    if ("spec" in record && "metadata" in record && isPodSpec(fields(known(record, "spec"))))
        return undefined;
    const containers = containersAt(record);
    const isSpec = path.at(-1) === "spec";
    const holder = isSpec && path.length > 1 ? fields(known(parent, "metadata")) : {};
    const maps = [holder, fields(known(record, "podMetadata")), fields(known(record, "metadata")), record];
    const labels = merged(maps, "labels");
    const annotations = merged(maps, "annotations");
    const isNamed = [labels, annotations].some((map) =>
        Object.keys(map).some((key) => MESH_OR_NETWORK_KEY.test(key)),
    );
    if (!isPodSpec(record) && !isNamed) return undefined;
    return {
        path: prefixOf(path),
        labels,
        annotations,
        spec: containers === undefined ? record : { ...copyOf(record), ...containers },
        isTemplate: isSpec && path.length > 1 && list(known(record, "containers")).length > 0,
    };
}

function isPodSpec(record: Fields): boolean {
    return containersAt(record) !== undefined || POD_FIELDS.some((key) => key in record);
}

/** Message paths append `spec.` themselves. */
function prefixOf(path: readonly string[]): string {
    const outer = path.at(-1) === "spec" ? path.slice(0, -1) : path;
    return outer.map((key) => `${key}.`).join("");
}

/** All containers of a spec under the field names of Kubernetes; undefined if it has none. */
function containersAt(record: Fields): { initContainers: unknown[]; containers: unknown[] } | undefined {
    const isContainer = (item: unknown): boolean =>
        ["image", "securityContext", "command", "args", "name"].some((key) => key in fields(item));
    const of = (key: string): unknown[] => list(known(record, key)).filter(isContainer);
    const single = SINGLE_CONTAINERS.map((key) => known(record, key)).filter(
        (item) => isNonEmpty(fields(item)["image"]) || "securityContext" in fields(item),
    );
    const containers = [...["containers", "ephemeralContainers", "steps", "sidecars"].flatMap(of), ...single];
    const initContainers = of("initContainers");
    return containers.length + initContainers.length === 0 ? undefined : { initContainers, containers };
}

function merged(maps: readonly Fields[], key: string): Labels {
    // Copy descriptors, not values: a map may hold a label that is unknown until the update.
    return Object.defineProperties(
        {},
        Object.assign(
            {},
            ...maps.map((map) => Object.getOwnPropertyDescriptors(mapAt(map, key))),
        ) as PropertyDescriptorMap,
    );
}

function mapAt(map: Fields, key: string): Labels {
    try {
        return labelsAt(map, key);
    } catch (error) {
        if (error instanceof UnknownField) return {};
        throw error;
    }
}

function copyOf(record: Fields): Fields {
    return Object.defineProperties({}, Object.getOwnPropertyDescriptors(record));
}

/** The value of a key, or undefined if it is unknown until the update. */
function known(record: Fields, key: string): unknown {
    try {
        return record[key];
    } catch (error) {
        if (error instanceof UnknownField) return undefined;
        throw error;
    }
}
