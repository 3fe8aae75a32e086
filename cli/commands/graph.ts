import { writeFileSync } from "node:fs";
import { instance } from "@viz-js/viz";
import { Command } from "commander";
import { assertCatalogue } from "../../catalogue/check";
import { platform } from "../../catalogue/platform";
import { toDot } from "../graph/dot";

export function graphCommand(): Command {
    return new Command("graph")
        .description("draw the catalogue's call graph")
        .requiredOption("-o, --out <file>", "the SVG file to write")
        .action(graph);
}

async function graph({ out }: { readonly out: string }): Promise<void> {
    assertCatalogue(platform);
    const viz = await instance();
    writeFileSync(out, viz.renderString(toDot(platform), { format: "svg" }));
    process.stdout.write(`${out}: ${Object.keys(platform.services).length} services\n`);
}
