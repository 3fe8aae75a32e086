/** Problems of a catalogue, and helpers for their messages. */

import { closest, distance } from "fastest-levenshtein";

import type { Catalogue } from "../model";

/** One problem of a catalogue. */
export interface Problem {
    /** The violated rule, such as `unknown-service`. */
    readonly rule: string;
    /** The path of the definition: `api-gateway.calls[2] → auth`. */
    readonly where: string;
    /** What is wrong, with both sides of a conflict. */
    readonly message: string;
    /** How to fix it. */
    readonly remedy: string;
}

/** An invalid catalogue. The message lists every problem with its path and its remedy. */
export class CatalogueError extends Error {
    /** @param sourceOf returns the file of a path, if it is known */
    constructor(
        readonly problems: readonly Problem[],
        sourceOf: (where: string) => string | undefined = () => undefined,
    ) {
        const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
        const described = problems.map((problem) => describe(problem, sourceOf(problem.where)));
        super(`The catalogue has ${count}:\n\n${described.join("\n\n")}`);
        this.name = "CatalogueError";
    }
}

function describe({ rule, where, message, remedy }: Problem, source: string | undefined): string {
    const place = source === undefined ? where : `${source}: ${where}`;
    return `${place} [${rule}]\n    ${message}\n    ${remedy}`;
}

/** A family of rules. Returns all its problems, in an order that does not depend on the catalogue's order. */
export type CatalogueCheck = (catalogue: Catalogue) => Problem[];

/** The known name closest to `name`, if it is close enough to be a typo. */
export function nearest(name: string, known: readonly string[]): string | undefined {
    if (known.length === 0) return undefined;
    const candidate = closest(name, [...known]);
    const maxDistance = Math.max(2, Math.floor(name.length / 4));
    return distance(name, candidate) <= maxDistance ? candidate : undefined;
}

/** Suggests the closest known name. */
export function didYouMean(name: string, known: readonly string[], otherwise: string): string {
    const candidate = nearest(name, known);
    return candidate === undefined ? otherwise : `Did you mean "${candidate}"?`;
}

/** `a, b and c`. */
export function list(names: readonly string[], last: "and" | "or" = "and"): string {
    if (names.length < 2) return names.join("");
    return `${names.slice(0, -1).join(", ")} ${last} ${names.at(-1) ?? ""}`;
}

/** The values that occur more than once, each listed once. */
export function repeated<T>(values: readonly T[]): T[] {
    const seen = new Set<T>();
    const duplicates = new Set<T>();
    for (const value of values) {
        if (seen.has(value)) duplicates.add(value);
        seen.add(value);
    }
    return [...duplicates];
}
