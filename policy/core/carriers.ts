/**
 * Pod templates in kinds that have no entry of their own in `workload.ts`: CloneSet, JobSet, Knative's Service, Argo's
 * Workflow, Spark's and Ray's jobs, and whatever a custom resource will be called tomorrow. They are found by their shape.
 */
import { type Fields, fields, labelsAt, list, says, UnknownField } from "./read";

type Labels = Readonly<Record<string, string>>;

/** A pod, or a part of one: what a custom resource sets of the pods that its controller makes. */
export interface FoundPod {
    /** Where it is, for messages: `spec.template.`. */
    readonly path: string;
    readonly labels: Labels;
    readonly annotations: Labels;
    readonly spec: Fields;
    /** Whether it is a whole pod template, so that an absent field means Kubernetes' default. */
    readonly isTemplate: boolean;
}

/** Lists of containers. `steps` and `sidecars` are Tekton's, `sidecars` Argo Workflows' too. */
const CONTAINER_LISTS = ["containers", "initContainers", "ephemeralContainers", "steps", "sidecars"];

/** One container: Argo Workflows' templates. */
const SINGLE_CONTAINERS = ["container", "script"];

/** Keys below which no pod is looked for: what they hold is part of the pod that has them. */
const NO_PODS_BELOW: ReadonlySet<string> = new Set([
    ...CONTAINER_LISTS,
    ...SINGLE_CONTAINERS,
    "metadata",
    "podMetadata",
    "volumes",
]);

/** Fields that only the spec of a pod has, under whichever name it goes. */
const POD_FIELDS = ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "podMetadata"];

/** Keys of labels and annotations that decide how a pod is injected, captured or attached to networks. */
const OF_MESH_OR_NETWORK =
    /(^|\.)(istio\.io|cncf\.io|multus-cni\.io|ovn\.org|ovn\.kubernetes\.io|projectcalico\.org|networking\.gke\.io)\//;

/** Groups whose objects describe pods as patterns: they make none. Charts' values are judged with what the chart makes of them. */
const PATTERNS =
    /(^|\.)(kyverno\.io|gatekeeper\.sh|admissionregistration\.k8s\.io|apiextensions\.k8s\.io|helm\.sh)$/;

/** Groups whose kinds that make pods all have an entry in `workload.ts`. */
const KNOWN_GROUPS: ReadonlySet<string> = new Set([
    "apps",
    "batch",
    "core",
    "networking.k8s.io",
    "rbac.authorization.k8s.io",
    "security.istio.io",
    "telemetry.istio.io",
]);

/** Deeper than any template of a known kind. */
const MAX_DEPTH = 12;

/** Whether objects of a group can hold pod templates at all. */
export function mayCarry(group: string): boolean {
    return !PATTERNS.test(group) && !KNOWN_GROUPS.has(group);
}

/** Every pod, or part of one, in a custom resource. Reads what it can: an unknown field hides no other. */
export function findPods(properties: Fields): readonly FoundPod[] {
    const found: FoundPod[] = [];
    for (const key of Object.keys(properties)) {
        if (["apiVersion", "kind", "metadata", "status"].includes(key)) continue;
        walk(known(properties, key), [key], properties, found);
    }
    return found;
}

function walk(node: unknown, path: readonly string[], parent: Fields, found: FoundPod[]): void {
    if (typeof node !== "object" || node === null || path.length > MAX_DEPTH) return;
    if (Array.isArray(node)) {
        const last = path.at(-1) ?? "";
        for (const index of node.keys())
            walk(
                known(node as unknown as Fields, String(index)),
                [...path.slice(0, -1), `${last}[${index}]`],
                {},
                found,
            );
        return;
    }
    const record = node as Fields;
    const pod = podAt(record, path, parent);
    if (pod !== undefined) found.push(pod);
    for (const key of Object.keys(record)) {
        if (NO_PODS_BELOW.has(key)) continue;
        walk(known(record, key), [...path, key], record, found);
    }
}

function podAt(record: Fields, path: readonly string[], parent: Fields): FoundPod | undefined {
    // The metadata beside a pod's spec are that pod's.
    if ("spec" in record && "metadata" in record && isPodSpec(fields(known(record, "spec"))))
        return undefined;
    const containers = containersAt(record);
    const isSpec = path.at(-1) === "spec";
    const holder = isSpec && path.length > 1 ? fields(known(parent, "metadata")) : {};
    const maps = [holder, fields(known(record, "podMetadata")), fields(known(record, "metadata")), record];
    const labels = merged(maps, "labels");
    const annotations = merged(maps, "annotations");
    const isNamed = [labels, annotations].some((map) =>
        Object.keys(map).some((key) => OF_MESH_OR_NETWORK.test(key)),
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

/** Paths of messages end in `spec.` by themselves. */
function prefixOf(path: readonly string[]): string {
    const outer = path.at(-1) === "spec" ? path.slice(0, -1) : path;
    return outer.map((key) => `${key}.`).join("");
}

/** All containers of a spec under Kubernetes' own names; undefined where it has none. */
function containersAt(record: Fields): { initContainers: unknown[]; containers: unknown[] } | undefined {
    const isContainer = (item: unknown): boolean =>
        ["image", "securityContext", "command", "args", "name"].some((key) => key in fields(item));
    const of = (key: string): unknown[] => list(known(record, key)).filter(isContainer);
    const single = SINGLE_CONTAINERS.map((key) => known(record, key)).filter(
        (item) => says(fields(item)["image"]) || "securityContext" in fields(item),
    );
    const containers = [...["containers", "ephemeralContainers", "steps", "sidecars"].flatMap(of), ...single];
    const initContainers = of("initContainers");
    return containers.length + initContainers.length === 0 ? undefined : { initContainers, containers };
}

function merged(maps: readonly Fields[], key: string): Labels {
    // Property by property: a map may hold a label that only the update will know.
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

/** The value of a key, or undefined where only the update will know it. */
function known(record: Fields, key: string): unknown {
    try {
        return record[key];
    } catch (error) {
        if (error instanceof UnknownField) return undefined;
        throw error;
    }
}
