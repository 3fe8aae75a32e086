/** Ports in the rules of NetworkPolicies. */
import { labelsAt, list, numberAt, selects, textAt } from "./read";
import { type Subject } from "./subject";
import { containersOf, podOf, WORKLOADS } from "./workload";
import { type StackResources } from "./stack-resources";

/** Number of ports in an entry: one, or the range up to its endPort. */
export function widthOf(port: unknown): number {
    const first = numberAt(port, "port");
    const last = numberAt(port, "endPort");
    return first === undefined || last === undefined ? 1 : last - first + 1;
}

/** The port of an entry: its number, range or name. */
export function asWritten(port: unknown): number | string {
    const last = numberAt(port, "endPort");
    if (last !== undefined) return `${textAt(port, "port") ?? ""}-${last}`;
    return numberAt(port, "port") ?? textAt(port, "port") ?? "";
}

/**
 * The port numbers of an entry on the pods that a policy selects. A named port resolves to the containers'
 * numbers.
 */
export function numbersOf(
    stack: StackResources,
    { namespace, spec }: Subject,
    port: unknown,
): readonly (number | string)[] {
    const name = asWritten(port);
    if (typeof name === "number") return [name];
    const selector = labelsAt(spec, "podSelector", "matchLabels");
    const numbers = stack
        .within(namespace, ...WORKLOADS)
        .map(podOf)
        .filter(({ labels }) => selects(selector, labels))
        .flatMap((pod) => containersOf(pod).flatMap(({ fields: container }) => list(container["ports"])))
        .filter((declared) => textAt(declared, "name") === name)
        .flatMap((declared) => numberAt(declared, "containerPort") ?? []);
    return numbers.length > 0 ? [...new Set(numbers)] : [name];
}
