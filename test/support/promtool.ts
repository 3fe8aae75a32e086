import { goParts } from "../../local/toolchain/programs";
import { goPart } from "../../local/toolchain/go";
import { storedPart } from "../../local/toolchain/store";
import { paths } from "../../local/paths";
import { run } from "../../local/process";
import { join } from "node:path";

/**
 * Runs promtool, where the toolchain has it: unit tests build nothing.
 *
 * @returns undefined where it does not; what is returned gives what promtool prints, and throws where it fails
 */
export async function promtool(): Promise<((args: readonly string[]) => Promise<string>) | undefined> {
    const spec = goParts.find(({ name }) => name === "prometheus");
    if (spec === undefined) throw new Error("the toolchain knows no Prometheus");
    const part = await storedPart(paths().cache, await goPart(join(__dirname, "../.."), spec));
    if (part === undefined) return undefined;
    return (args) => run(join(part.folder, "promtool"), [...args]);
}
