import { loadCatalogue } from "../catalogue/load";
import type { Catalogue } from "../catalogue/model";
import type { Platform } from "../components/base/platform";
import { assertPlatform } from "../components/check";
import { parseConfig, readStackFile } from "../config/load";
import { PROJECT_FOLDER } from "./checkout";

/** The checked catalogue and the configuration of `stack`, as `index.ts` would have them. */
export function loadPlatform(stack: string): Platform {
    return checkedPlatform(`Pulumi.${stack}.yaml`, readStackFile(stack, PROJECT_FOLDER), loadCatalogue());
}

/**
 * A platform whose configuration is right by itself and suits the catalogue.
 *
 * @param source names where `entries` are from, for messages.
 */
export function checkedPlatform(
    source: string,
    entries: Readonly<Record<string, unknown>>,
    catalogue: Catalogue,
): Platform {
    const platform = { config: parseConfig(source, entries), catalogue };
    assertPlatform(source, platform);
    return platform;
}
