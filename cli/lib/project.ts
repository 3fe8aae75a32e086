import { loadCatalogue } from "../../catalogue/load";
import type { Catalogue } from "../../catalogue/model";
import type { Platform } from "../../components/base/platform";
import { assertPlatform } from "../../components/check";
import { parseConfig, readStackFile } from "../../config/load";
import { STACK_FOLDER } from "./checkout";

/** The validated catalogue and the configuration of `stack`, as `index.ts` loads them. */
export function loadPlatform(stack: string): Platform {
    const catalogue = loadCatalogue();
    return checkedPlatform(`Pulumi.${stack}.yaml`, readStackFile(stack, STACK_FOLDER), catalogue);
}

/**
 * Validates the configuration, alone and against the catalogue.
 *
 * @param source where `entries` come from, for error messages
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
