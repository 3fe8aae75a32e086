import { didYouMean } from "../../catalogue/check";
import type { Catalogue } from "../../catalogue/model";

/** A mistake of a stack that names a service which the catalogue does not have, with what was meant. */
export function noService({ services }: Catalogue, where: string, name: string): string {
    const known = Object.keys(services).sort();
    return `${where}: the catalogue has no service ${name}; ${didYouMean(name, known, `it has ${known.join(", ")}`)}`;
}
