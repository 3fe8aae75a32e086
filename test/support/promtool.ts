import { goParts } from "../../local/toolchain/programs";
import { goPart } from "../../local/toolchain/go";
import { storedPart } from "../../local/toolchain/store";
import { paths } from "../../local/lib/paths";
import { run } from "../../local/lib/process";
import { join } from "node:path";
import { skip } from "./skip";

/** Runs promtool with the arguments. @returns its output @throws if promtool fails */
export type Promtool = (args: readonly string[]) => Promise<string>;

/** The toolchain's promtool. Skips the test or suite of `context` if it has not been built: unit tests build nothing. */
export async function requirePromtool(context: Mocha.Context): Promise<Promtool> {
    const spec = goParts.find(({ name }) => name === "prometheus");
    if (spec === undefined) throw new Error("the toolchain contains no Prometheus");
    const part = await storedPart(paths().cache, await goPart(join(__dirname, "../.."), spec));
    if (part === undefined) skip(context, "no promtool; `make up` builds it");
    return (args) => run(join(part.folder, "promtool"), [...args]);
}
