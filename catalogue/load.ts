/** The only way to get the platform's catalogue, so that it is always checked (enforced by `.dependency-cruiser.cjs`). */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import type { Assembled } from "./assemble";
import { CatalogueError, parseAssembled } from "./check";
import type { Catalogue } from "./model";
import { assembled } from "./platform";

/** The folder of another platform, such as `example/bank`, with its `catalogue.ts`; from the root of the checkout. */
export const PLATFORM_VARIABLE = "MESH_PLATFORM";

let loaded: Catalogue | undefined;

/**
 * The platform's catalogue.
 *
 * @throws CatalogueError that lists all problems.
 */
export function loadCatalogue(): Catalogue {
    return (loaded ??= parseAssembled(readAssembled(process.env[PLATFORM_VARIABLE])));
}

/**
 * The unchecked catalogue of a platform.
 *
 * @param folder its folder, from the root of the checkout @default this checkout's platform
 * @throws CatalogueError if the folder has no catalogue
 */
export function readAssembled(folder: string | undefined): Assembled {
    if (folder === undefined || folder === "") return assembled;
    const file = join(resolve(__dirname, "..", folder), "catalogue.ts");
    const missing = (message: string) =>
        new CatalogueError([
            {
                rule: "no-catalogue",
                where: `${PLATFORM_VARIABLE}=${folder}`,
                message,
                remedy: "Name a folder with a catalogue.ts that exports `assembled`, such as example/bank.",
            },
        ]);
    if (!existsSync(file)) throw missing(`there is no ${file}`);
    const { assembled: other } = createRequire(__filename)(file) as { readonly assembled?: Assembled };
    if (other === undefined) throw missing(`${file} exports no assembled`);
    return other;
}
