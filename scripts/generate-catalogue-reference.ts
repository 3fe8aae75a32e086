/** Writes the catalogue's JSON Schema and reference page. Run by `npm run generate:catalogue-reference`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { catalogueJsonSchema, cataloguePage } from "./reference/catalogue";

const ROOT = join(__dirname, "..");

function write(file: string, text: string): void {
    mkdirSync(dirname(join(ROOT, file)), { recursive: true });
    writeFileSync(join(ROOT, file), text);
}

write("catalogue/catalogue.schema.json", catalogueJsonSchema());
write("docs/reference/catalogue.md", cataloguePage());
