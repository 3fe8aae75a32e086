import type { Platform } from "../../components/base/platform";
import { readStackFile } from "../../config/load";
import { type SigningKey, readSigningKey } from "../../local";
import { LOCAL_STACK, PROJECT_FOLDER, checkedCatalogue, checkedPlatform, loadPlatform } from "../project";
import { withKeys } from "./entries";

/** The stack local as `mesh up` deployed it: with this machine's key, where it has one. */
export async function deployedPlatform(): Promise<{
    readonly platform: Platform;
    readonly key?: SigningKey;
}> {
    const key = await readSigningKey();
    if (key === undefined) return { platform: loadPlatform(LOCAL_STACK) };
    const entries = withKeys(readStackFile(LOCAL_STACK, PROJECT_FOLDER), key.jwks);
    return { platform: checkedPlatform(`Pulumi.${LOCAL_STACK}.yaml`, entries, checkedCatalogue()), key };
}
