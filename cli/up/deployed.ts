import { loadCatalogue } from "../../catalogue/load";
import type { Platform } from "../../components/base/platform";
import { readStackFile } from "../../config/load";
import { type SigningKey, readSigningKey } from "../../local";
import { LOCAL_STACK, STACK_FOLDER } from "../lib/checkout";
import { checkedPlatform, loadPlatform } from "../lib/project";
import { withKeys } from "./config-entries";

/**
 * A stack as this checkout deploys it. The stack local includes this machine's signing key if there is one, as `mesh
 * up` does.
 */
export async function deployedPlatform(stack: string = LOCAL_STACK): Promise<{
    readonly platform: Platform;
    readonly key?: SigningKey;
}> {
    if (stack !== LOCAL_STACK) return { platform: loadPlatform(stack) };
    const key = await readSigningKey();
    if (key === undefined) return { platform: loadPlatform(LOCAL_STACK) };
    const entries = withKeys(readStackFile(LOCAL_STACK, STACK_FOLDER), key.jwks);
    return { platform: checkedPlatform(`Pulumi.${LOCAL_STACK}.yaml`, entries, loadCatalogue()), key };
}
