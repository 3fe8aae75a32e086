/** What a check says of a catalogue, and how it words what several checks have to say. */

import { closest, distance } from "fastest-levenshtein";

import type { Catalogue } from "../model";

/** One mistake in a catalogue. */
export interface Problem {
    /** Which rule is broken, e.g. `unknown-service`. */
    readonly rule: string;
    /** The place to look at: `api-gateway.calls[2] → auth`. */
    readonly where: string;
    /** What is wrong, naming both of what does not fit together. */
    readonly message: string;
    /** What to do about it. */
    readonly remedy: string;
}

/** A catalogue that cannot be used. Its message lists every problem with its place and its remedy. */
export class CatalogueError extends Error {
    /** @param sourceOf the file that a place is in, where it is known */
    constructor(
        readonly problems: readonly Problem[],
        sourceOf: (where: string) => string | undefined = () => undefined,
    ) {
        const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
        const described = problems.map((problem) => describe(problem, sourceOf(problem.where)));
        super(`The catalogue has ${count}:\n\n${described.join("\n\n")}`);
        this.name = "CatalogueError";
    }
}

function describe({ rule, where, message, remedy }: Problem, source: string | undefined): string {
    const place = source === undefined ? where : `${source}: ${where}`;
    return `${place} [${rule}]\n    ${message}\n    ${remedy}`;
}

/** A family of rules: finds all its problems, in an order that does not depend on that of the catalogue's names. */
export type Check = (catalogue: Catalogue) => Problem[];

/** The nearest of the known names, if it is near enough for a slip of the pen. */
export function nearest(name: string, known: readonly string[]): string | undefined {
    if (known.length === 0) return undefined;
    const one = closest(name, [...known]);
    const slip = Math.max(2, Math.floor(name.length / 4));
    return distance(name, one) <= slip ? one : undefined;
}

/** Asks whether the nearest of the known names was meant. */
export function didYouMean(name: string, known: readonly string[], otherwise: string): string {
    const one = nearest(name, known);
    return one === undefined ? otherwise : `Did you mean "${one}"?`;
}

/** `a, b and c`. */
export function list(names: readonly string[], last: "and" | "or" = "and"): string {
    if (names.length < 2) return names.join("");
    return `${names.slice(0, -1).join(", ")} ${last} ${names.at(-1) ?? ""}`;
}

/** Each value that stands in a list more than once, once. */
export function repeated<T>(values: readonly T[]): T[] {
    const seen = new Set<T>();
    const again = new Set<T>();
    for (const value of values) {
        if (seen.has(value)) again.add(value);
        seen.add(value);
    }
    return [...again];
}
