/** Proposed catalogue changes: what to add where, and what the checks report on the result. */
import { checkCatalogue } from "../../../catalogue/check";
import type { Catalogue, Service } from "../../../catalogue/model";

/** A catalogue change. */
export interface Change {
    /** What to add where, in the catalogue's syntax. */
    readonly parts: readonly { readonly where: string; readonly snippet: string }[];
    /** The errors that the catalogue's checks would report: the change is then not sufficient. */
    readonly problems: readonly string[];
    /** The catalogue with the change applied. */
    readonly catalogue: Catalogue;
}

export function edit(catalogue: Catalogue, name: string, how: (service: Service) => Service): Catalogue {
    const service = catalogue.services[name];
    if (service === undefined) return catalogue;
    return { ...catalogue, services: { ...catalogue.services, [name]: how(service) } };
}

export function change(before: Catalogue, catalogue: Catalogue, parts: Change["parts"]): Change {
    const known = new Set(checkCatalogue(before).map(({ message }) => message));
    const problems = checkCatalogue(catalogue)
        .filter(({ message }) => !known.has(message))
        .map(({ where, message, remedy }) => `${where}: ${message}. ${remedy}`);
    return { parts, problems, catalogue };
}

/** The value in TypeScript syntax. */
export function text(value: unknown): string {
    if (Array.isArray(value)) return `[${value.map(text).join(", ")}]`;
    if (typeof value !== "object" || value === null) return JSON.stringify(value);
    return `{ ${Object.entries(value)
        .map(([name, one]) => `${name}: ${text(one)}`)
        .join(", ")} }`;
}
