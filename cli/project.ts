import { resolve } from "node:path";
import { assertCatalogue } from "../catalogue/check";
import type { Catalogue } from "../catalogue/model";
import { platform } from "../catalogue/platform";
import type { Platform } from "../components/base/platform";
import { assertPlatform } from "../components/check";
import { parseConfig, readStackFile } from "../config/load";

/** The checkout that this CLI belongs to. */
export const PROJECT_FOLDER = resolve(__dirname, "..");

/** The stack that `mesh up` deploys, on the embedded node or another cluster to try things on. */
export const LOCAL_STACK = "local";

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
