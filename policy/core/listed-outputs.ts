/**
 * Compares a known value with a baseline's, in which outputs of resources are simulated: with the simulated outputs in place of the
 * account's, a document or a list must be the listed one to the last character.
 */
import { flatten } from "./flatten";
import { type Fields } from "./read";

/** A resource that a value comes from, with its outputs. */
export interface Target {
    readonly type: string;
    readonly name: string;
    readonly outputs: Fields;
}

type Simulation = (target: Target) => string;

/** The outputs that identify a resource, as a run without a cloud simulates them (`mesh policy`). */
const SIMULATED: Readonly<Record<string, Simulation>> = {
    arn: ({ type, name }) => `arn:aws:${/^aws:(\w+)\//.exec(type)?.[1] ?? ""}:::${name}`,
    id: ({ type, name }) => `${type}/${name}`,
    keyId: ({ name }) => `key-${name}`,
    // No launch template has this version: the first one is 1.
    latestVersion: () => "0",
    name: ({ name }) => name,
    ownerId: ({ name }) => `owner-${name}`,
    zoneId: () => "Z0",
};
const OUTPUTS = Object.keys(SIMULATED);

/** Whether `text` is the listed value, with identifiers of the targets in place of the simulated ones. */
export function isListedValue(text: string, listed: string, targets: readonly Target[]): boolean {
    // An identifier can contain another one, of which the listed value may have either.
    return subsets(OUTPUTS).some((outputs) => {
        const simulated = translated(text, outputs, targets);
        return simulated !== undefined && shown(simulated) === listed;
    });
}

/** Whether the listed value is exactly one simulated identifier of a target. */
export function isIdentifier(listed: string, targets: readonly Target[]): boolean {
    return targets.some((target) =>
        Object.values(SIMULATED).some((simulate) => shown(simulate(target)) === listed),
    );
}

/** The text with simulated identifiers; undefined if it contains none of the targets'. */
function translated(
    text: string,
    outputs: readonly string[],
    targets: readonly Target[],
): string | undefined {
    const pairs = new Map(
        targets.flatMap((target) =>
            outputs.flatMap((output): [string, string][] => {
                const actual = target.outputs[output];
                const simulate = SIMULATED[output];
                return typeof actual === "string" && actual !== "" && simulate !== undefined
                    ? [[actual, simulate(target)]]
                    : [];
            }),
        ),
    );
    if (pairs.size === 0) return undefined;
    const longestFirst = [...pairs.keys()].sort((a, b) => b.length - a.length);
    const pattern = longestFirst.map((one) => one.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
    const simulated = text.replaceAll(new RegExp(pattern, "g"), (actual) => pairs.get(actual) ?? actual);
    return new RegExp(pattern).test(text) ? simulated : undefined;
}

/** As in a baseline. */
function shown(text: string): string {
    return flatten(text, "value").get("value") ?? "";
}

function subsets<Item>(items: readonly Item[]): Item[][] {
    return items.reduce<Item[][]>((all, item) => all.flatMap((one) => [one, [...one, item]]), [[]]);
}
