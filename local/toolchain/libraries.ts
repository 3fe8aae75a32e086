import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Toolchain } from "./index";

/** The folder of the unpacked packages' shared libraries: `usr/lib/<the machine's triplet>`. */
export async function libraryFolder(toolchain: Toolchain): Promise<string> {
    const below = join(toolchain.debianRoot, "usr/lib");
    const triplet = (await readdir(below)).find((entry) => entry.endsWith("-linux-gnu"));
    if (triplet === undefined)
        throw new Error(`No shared libraries found below ${below}. Remove the folder, then start again.`);
    return join(below, triplet);
}
