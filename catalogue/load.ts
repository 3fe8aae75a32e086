/** The only way to get the platform's catalogue, so that it is always checked (enforced by `.dependency-cruiser.cjs`). */
import { parseAssembled } from "./check";
import type { Catalogue } from "./model";
import { assembled } from "./platform";

let loaded: Catalogue | undefined;

/**
 * The platform's catalogue.
 *
 * @throws CatalogueError that lists all problems.
 */
export function loadCatalogue(): Catalogue {
    return (loaded ??= parseAssembled(assembled));
}
