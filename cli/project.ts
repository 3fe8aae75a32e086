import { assertCatalogue } from "../catalogue/check";
import type { Catalogue } from "../catalogue/model";
import { platform } from "../catalogue/platform";
import type { Platform } from "../components/base/platform";
import { assertPlatform } from "../components/check";
import { parseConfig, readStackFile } from "../config/load";
import { PROJECT_FOLDER } from "./checkout";

/**
 * The platform's catalogue.
 *
 * @throws Error that lists everything that is wrong with it.
 */
export function checkedCatalogue(): Catalogue {
    assertCatalogue(platform);
    return platform;
}

/** The checked catalogue and the configuration of `stack`, as `index.ts` would have them. */
export function loadPlatform(stack: string): Platform {
    return checkedPlatform(`Pulumi.${stack}.yaml`, readStackFile(stack, PROJECT_FOLDER), checkedCatalogue());
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
