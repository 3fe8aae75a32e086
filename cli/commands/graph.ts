import { writeFileSync } from "node:fs";
import { instance } from "@viz-js/viz";
import { Command } from "commander";
import { toDot } from "../graph/dot";
import { checkedCatalogue } from "../project";

export function graphCommand(): Command {
    return new Command("graph")
        .description("draw the catalogue's call graph")
        .requiredOption("-o, --out <file>", "the SVG file to write")
        .action(graph);
}

async function graph({ out }: { readonly out: string }): Promise<void> {
    const catalogue = checkedCatalogue();
    const viz = await instance();
    writeFileSync(out, viz.renderString(toDot(catalogue), { format: "svg" }));
    process.stdout.write(`${out}: ${Object.keys(catalogue.services).length} services\n`);
}
