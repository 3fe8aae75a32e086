import { resolve } from "node:path";
import { assertCatalogue } from "../catalogue/check";
import { platform as catalogue } from "../catalogue/platform";
import type { Platform } from "../components/base/platform";
import { loadStackFile } from "../config/load";

/** The checkout that this CLI belongs to. */
export const PROJECT_FOLDER = resolve(__dirname, "..");

/** The checked catalogue and the configuration of `stack`, as `index.ts` would have them. */
export function loadPlatform(stack: string): Platform {
    const config = loadStackFile(stack, PROJECT_FOLDER);
    assertCatalogue(catalogue);
    return { catalogue, config };
}
