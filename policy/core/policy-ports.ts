/** The ports that entries of a NetworkPolicy open. */
import { labelsAt, list, numberAt, selects, textAt } from "./read";
import { type Subject } from "./subject";
import { containersOf, podOf, WORKLOADS } from "./workload";
import { type World } from "./world";

/** How many ports an entry opens: one, or those up to its endPort. */
export function widthOf(port: unknown): number {
    const first = numberAt(port, "port");
    const last = numberAt(port, "endPort");
    return first === undefined || last === undefined ? 1 : last - first + 1;
}

/** The number of an entry, its range or its name. */
export function asWritten(port: unknown): number | string {
    const last = numberAt(port, "endPort");
    if (last !== undefined) return `${textAt(port, "port") ?? ""}-${last}`;
    return numberAt(port, "port") ?? textAt(port, "port") ?? "";
}

/** What an entry opens on the pods that a policy selects: of a name the numbers that their containers give it. */
export function numbersOf(
    world: World,
    { namespace, spec }: Subject,
    port: unknown,
): readonly (number | string)[] {
    const name = asWritten(port);
    if (typeof name === "number") return [name];
    const selector = labelsAt(spec, "podSelector", "matchLabels");
    const numbers = world
        .within(namespace, ...WORKLOADS)
        .map(podOf)
        .filter(({ labels }) => selects(selector, labels))
        .flatMap((pod) => containersOf(pod).flatMap(({ fields: container }) => list(container["ports"])))
        .filter((declared) => textAt(declared, "name") === name)
        .flatMap((declared) => numberAt(declared, "containerPort") ?? []);
    return numbers.length > 0 ? [...new Set(numbers)] : [name];
}
