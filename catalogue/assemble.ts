/** Merges the files of a catalogue. */

import { z } from "zod";
import type { Problem } from "./checks/problem";
import type { ExternalGroup, Plan, Service, Store } from "./model";
import { schemaProblems } from "./schema/issues";
import { prose } from "./schema/text";

/** The definitions of one file. */
export interface Part {
    /** The file's name in errors. */
    readonly part: string;
    readonly services?: Readonly<Record<string, Service>>;
    readonly stores?: Readonly<Record<string, Store>>;
    readonly external?: Readonly<Record<string, ExternalGroup>>;
    readonly plans?: Readonly<Record<string, Plan>>;
}

/** A name that two parts define, both for the same kind. */
export interface Duplicate {
    readonly kind: "service" | "store" | "external group" | "plan";
    readonly name: string;
    /** The part whose definition is in the catalogue. */
    readonly kept: string;
    /** The part whose definition is not. */
    readonly dropped: string;
}

/** An unchecked catalogue, with the source files of its definitions. */
export interface Assembled {
    readonly catalogue: unknown;
    /** Problems of the parts themselves; the catalogue is then undefined. */
    readonly problems: readonly Problem[];
    readonly duplicates: readonly Duplicate[];
    /** The part of each definition, by its path, such as `services.video`. */
    readonly sources: ReadonlyMap<string, string>;
}

/** Parts are checked too: everything under a misspelled key would silently be missing. */
const partSchema = z.strictObject({
    part: prose,
    services: z.record(z.string(), z.unknown()).exactOptional(),
    stores: z.record(z.string(), z.unknown()).exactOptional(),
    external: z.record(z.string(), z.unknown()).exactOptional(),
    plans: z.record(z.string(), z.unknown()).exactOptional(),
});

/**
 * Merges the parts. Of two definitions with the same name, the first is kept and the second is recorded as a duplicate,
 * which the check reports together with all other problems.
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
