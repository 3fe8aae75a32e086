/** Changes of the catalogue, as they are proposed: what to write where, and what the checks report on it. */
import { checkCatalogue } from "../../../catalogue/check";
import type { Catalogue, Service } from "../../../catalogue/model";

/** A change of the catalogue. */
export interface Change {
    /** What to add where, as it is written in the catalogue. */
    readonly parts: readonly { readonly where: string; readonly snippet: string }[];
    /** What the catalogue's checks would say to it: it is not as simple then. */
    readonly problems: readonly string[];
    /** The catalogue with it. */
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

/** As TypeScript writes it. */
export function text(value: unknown): string {
    if (Array.isArray(value)) return `[${value.map(text).join(", ")}]`;
    if (typeof value !== "object" || value === null) return JSON.stringify(value);
    return `{ ${Object.entries(value)
        .map(([name, one]) => `${name}: ${text(one)}`)
        .join(", ")} }`;
}
