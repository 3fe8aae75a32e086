/** Finds the workloads among objects, and the service that each is to run. */
import { getOwn } from "../../catalogue/order";
import { SERVICE_LABEL } from "../../components/base/labels";
import { NAMESPACES } from "../../components/base/names";
import type { Platform } from "../../components/base/platform";
import { type Container, type ReadObject, type Workload, WORKLOAD_KINDS, type WorkloadKind } from "./model";

const TEMPLATES: Readonly<Record<WorkloadKind, readonly string[]>> = {
    Deployment: ["spec", "template"],
    StatefulSet: ["spec", "template"],
    DaemonSet: ["spec", "template"],
    Job: ["spec", "template"],
    CronJob: ["spec", "jobTemplate", "spec", "template"],
    Pod: [],
};

/**
 * @param service the service that every workload without a label of its own is to run @default by label, `existing` key
 * of the stack, or name
 * @throws Error that lists every workload without containers
 */
export function workloadsIn(
    objects: readonly ReadObject[],
    platform: Platform,
    service?: string,
): Workload[] {
    const problems: string[] = [];
    const workloads = objects.flatMap((read) => workloadOf(read, platform, service, problems));
    if (problems.length > 0)
        throw new Error(`the workloads are invalid:\n${problems.map((one) => `  ${one}`).join("\n")}`);
    return workloads;
}

function workloadOf(
    read: ReadObject,
    platform: Platform,
    given: string | undefined,
    problems: string[],
): Workload[] {
    const { object, place } = read;
    const kind = WORKLOAD_KINDS.find((one) => one === object.kind);
    if (kind === undefined) return [];
    const { name, namespace = NAMESPACES.services } = object.metadata;
    const path = TEMPLATES[kind];
    const template = path.reduce<unknown>((value, key) => fieldsOf(value)[key], object);
    const metadata = fieldsOf(fieldsOf(template)["metadata"]);
    const pod = fieldsOf(fieldsOf(template)["spec"]);
    const containers = containersOf(pod["containers"]);
    if (containers.length === 0) {
        problems.push(
            `${place}: ${kind} ${name}: ${[...path, "spec", "containers"].join(".")} has no container`,
        );
        return [];
    }
    const labels = textsOf(metadata["labels"]);
    const adopted = Object.entries(platform.config.workloads.services).find(
        ([one, source]) =>
            source.from === "existing" && source.kind === kind && (source.name ?? one) === name,
    )?.[0];
    const named = getOwn(platform.catalogue.services, name) === undefined ? undefined : name;
    return [
        {
            ...read,
            kind,
            name,
            namespace,
            path,
            labels,
            annotations: textsOf(metadata["annotations"]),
            pod,
            containers,
            initContainers: containersOf(pod["initContainers"]),
            service: labels[SERVICE_LABEL] ?? adopted ?? given ?? named,
            isAdopted: adopted !== undefined,
        },
    ];
}

function fieldsOf(value: unknown): Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value)
        ? (value as Record<string, unknown>)
        : {};
}

function textsOf(value: unknown): Record<string, string> {
    return Object.fromEntries(Object.entries(fieldsOf(value)).map(([key, one]) => [key, String(one)]));
}

function containersOf(value: unknown): Container[] {
    if (!Array.isArray(value)) return [];
    return value.map((one: unknown, index) => {
        const container = fieldsOf(one) as Partial<Container>;
        return { ...container, name: container.name ?? String(index) };
    });
}
