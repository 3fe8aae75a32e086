/** Writes the stack file's JSON Schema and the configuration's reference page; run by `npm run generate:config-reference`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { configurationPage, stackFileJsonSchema } from "./reference/configuration";

const ROOT = join(__dirname, "..");

writeFileSync(join(ROOT, "config/stack.schema.json"), stackFileJsonSchema());
writeFileSync(join(ROOT, "docs/reference/configuration.md"), configurationPage(ROOT));
