/** Puts a catalogue together from the files that it is written in. */

import { z } from "zod";
import type { Problem } from "./checks/problem";
import type { ExternalGroup, Plan, Service, Store } from "./model";
import { schemaProblems } from "./schema/issues";
import { prose } from "./schema/text";

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

/** A catalogue that nobody has checked, with what a check needs to know of the files that it is written in. */
export interface Assembled {
    readonly catalogue: unknown;
    /** What is wrong with the parts themselves: the catalogue is then undefined. */
    readonly problems: readonly Problem[];
    readonly duplicates: readonly Duplicate[];
    /** By the place of a definition, such as `services.video`: the part that it is from. */
    readonly sources: ReadonlyMap<string, string>;
}

/** A part is data too: under a misspelt key, all that it adds would be missing. */
const partSchema = z.strictObject({
    part: prose,
    services: z.record(z.string(), z.unknown()).exactOptional(),
    stores: z.record(z.string(), z.unknown()).exactOptional(),
    external: z.record(z.string(), z.unknown()).exactOptional(),
    plans: z.record(z.string(), z.unknown()).exactOptional(),
});

/**
 * The union of the parts. Of two definitions with one name the first is kept, and the second is noted as a duplicate:
 * nothing is overwritten silently, and the check reports it together with all other problems.
 */
export function catalogueOf(...parts: readonly Part[]): Assembled {
    const problems = schemaProblems(z.array(partSchema), parts);
    if (problems.length > 0) return { catalogue: undefined, problems, duplicates: [], sources: new Map() };
    const duplicates: Duplicate[] = [];
    const sources = new Map<string, string>();

    function merge<T>(kind: Duplicate["kind"], key: Exclude<keyof Part, "part">) {
        const merged = new Map<string, { readonly part: string; readonly definition: T }>();
        for (const part of parts) {
            const definitions = (part[key] ?? {}) as Readonly<Record<string, T>>;
            for (const [name, definition] of Object.entries(definitions)) {
                const kept = merged.get(name);
                if (kept !== undefined) {
                    duplicates.push({ kind, name, kept: kept.part, dropped: part.part });
                    continue;
                }
                merged.set(name, { part: part.part, definition });
                sources.set(`${key}.${name}`, part.part);
            }
        }
        return Object.fromEntries([...merged].map(([name, { definition }]) => [name, definition]));
    }

    return {
        catalogue: {
            services: merge<Service>("service", "services"),
            stores: merge<Store>("store", "stores"),
            external: merge<ExternalGroup>("external group", "external"),
            plans: merge<Plan>("plan", "plans"),
        },
        problems,
        duplicates,
        sources,
    };
}
