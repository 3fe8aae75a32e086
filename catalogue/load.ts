/** The one way to the platform's catalogue: nobody gets it unchecked (`.dependency-cruiser.cjs` sees to it). */
import { parseAssembled } from "./check";
import type { Catalogue } from "./model";
import { assembled } from "./platform";

let loaded: Catalogue | undefined;

/**
 * The platform's catalogue.
 *
 * @throws CatalogueError that lists everything that is wrong with it.
 */
export function loadCatalogue(): Catalogue {
    return (loaded ??= parseAssembled(assembled));
}
