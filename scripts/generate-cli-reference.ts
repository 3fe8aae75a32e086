/** Writes the reference page of the CLI; run by `npm run generate:cli-reference`. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { cliPage } from "./reference/cli";

writeFileSync(join(__dirname, "..", "docs/reference/cli.md"), cliPage());
