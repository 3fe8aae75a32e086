/** Puts a catalogue together from the files that it is written in. */

import type { Catalogue, ExternalGroup, Plan, Service, Store } from "./model";

/** What one file adds. */
export interface Part {
    /** How errors call the file. */
    readonly part: string;
    readonly services?: Readonly<Record<string, Service>>;
    readonly stores?: Readonly<Record<string, Store>>;
    readonly external?: Readonly<Record<string, ExternalGroup>>;
    readonly plans?: Readonly<Record<string, Plan>>;
}

/** A name that two parts give to two things of one kind. */
export interface Duplicate {
    readonly kind: "service" | "store" | "external group" | "plan";
    readonly name: string;
    /** The part whose definition stands in the catalogue. */
    readonly kept: string;
    /** The part whose definition does not. */
    readonly dropped: string;
}

/** A catalogue that remembers what could not be put into it, so that it is reported together with all other problems. */
export interface AssembledCatalogue extends Catalogue {
    readonly duplicates: readonly Duplicate[];
}

/**
 * The union of the parts. Of two definitions with one name the first is kept, and the second noted as a duplicate:
 * nothing is overwritten in silence, and nothing is thrown before `checkCatalogue` has found everything else.
 */
export function catalogueOf(...parts: readonly Part[]): AssembledCatalogue {
    const duplicates: Duplicate[] = [];

    function merge<T>(kind: Duplicate["kind"], definitions: (part: Part) => Readonly<Record<string, T>>) {
        const merged = new Map<string, { readonly part: string; readonly definition: T }>();
        for (const part of parts) {
            for (const [name, definition] of Object.entries(definitions(part))) {
                const kept = merged.get(name);
                if (kept === undefined) merged.set(name, { part: part.part, definition });
                else duplicates.push({ kind, name, kept: kept.part, dropped: part.part });
            }
        }
        return Object.fromEntries([...merged].map(([name, { definition }]) => [name, definition]));
    }

    return {
        services: merge("service", (part) => part.services ?? {}),
        stores: merge("store", (part) => part.stores ?? {}),
        external: merge("external group", (part) => part.external ?? {}),
        plans: merge("plan", (part) => part.plans ?? {}),
        duplicates,
    };
}
