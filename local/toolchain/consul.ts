/** A real Consul, for the tests of `mesh inventory consul`. The node does not run it, so `make up` does not build it. */
import { join } from "node:path";
import { withLock } from "../lib/lock";
import { paths } from "../lib/paths";
import type { Progress } from "../lib/progress";
import { goPart } from "./go";
import type { GoPart } from "./programs";
import { buildPart, recordUse, removeUnused, storedPart } from "./store";

/**
 * 1.14 is the last line under the MPL-2.0 whose Go modules are all published. `api` 1.18.0, which its go.mod requires,
 * lacks a field that it uses.
 */
const consulPart: GoPart = {
    name: "consul",
    module: "local/toolchain/go/consul",
    programs: { consul: "github.com/hashicorp/consul" },
    expectedSeconds: 200,
};

const checkout = join(__dirname, "..", "..");

/** The absolute path of the program; undefined if it has not been built. Builds nothing. */
export async function storedConsul(): Promise<string | undefined> {
    const stored = await storedPart(paths().cache, await goPart(checkout, consulPart));
    return stored === undefined ? undefined : join(stored.folder, "consul");
}

/** Builds the program if it is missing. @returns its absolute path */
export async function ensureConsul(progress: Progress): Promise<string> {
    const { cache } = paths();
    const part = await goPart(checkout, consulPart);
    const stored = await storedPart(cache, part);
    if (stored !== undefined) {
        await recordUse(cache, [part]);
        return join(stored.folder, "consul");
    }
    return await withLock(
        "toolchain",
        async () => {
            await removeUnused(cache, [part]);
            const run = async (report: (detail: string) => void): Promise<void> => {
                await buildPart(cache, part, report);
            };
            await progress.run([{ title: "Building programs", jobs: [{ title: part.name, run }] }]);
            return join((await storedPart(cache, part))?.folder ?? "", "consul");
        },
        (holder) => {
            progress.note(`Waiting for ${holder}, which is building the toolchain.`);
        },
    );
}
