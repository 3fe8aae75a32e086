import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, extname } from "node:path";
import type { Catalogue } from "../../catalogue/model";
import { toMermaid } from "../lib/mermaid";
import { toPage } from "../graph/page/page";
import { toSvg } from "../graph/svg";
import { plural } from "../lib/plural";
import { loadCatalogue } from "../../catalogue/load";

const FORMATS = { svg: toSvg, mermaid: toMermaid, html: toPage } as const;
type Format = keyof typeof FORMATS;

const BY_EXTENSION: Readonly<Record<string, Format>> = {
    ".svg": "svg",
    ".html": "html",
    ".htm": "html",
    ".mmd": "mermaid",
    ".mermaid": "mermaid",
};

interface GraphOptions {
    readonly out: string;
    readonly format?: Format;
}

export async function graph({ out, format }: GraphOptions): Promise<void> {
    const chosen = format ?? BY_EXTENSION[extname(out)];
    if (chosen === undefined) {
        throw new Error(
            `--out ${out}: the file extension implies no format. Add --format (${Object.keys(FORMATS).join(", ")}), ` +
                `or use one of the extensions ${Object.keys(BY_EXTENSION).join(", ")}.`,
        );
    }
    const catalogue: Catalogue = loadCatalogue();
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, await FORMATS[chosen](catalogue));
    process.stdout.write(`${out}: ${plural(Object.keys(catalogue.services).length, "service")}\n`);
}
