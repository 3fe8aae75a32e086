import { didYouMean } from "../../catalogue/check";
import type { Catalogue } from "../../catalogue/model";

/** An error for a service name in the stack's configuration that the catalogue does not have, with a suggestion. */
export function unknownService({ services }: Catalogue, where: string, name: string): string {
    const known = Object.keys(services).sort();
    return `${where}: the catalogue has no service ${name}; ${didYouMean(name, known, `it has ${known.join(", ")}`)}`;
}
