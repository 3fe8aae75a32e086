/** Generates docs/policies from the policies. Run `npm run generate:policies` after you change one. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { policyPages } from "../policy/rules/pages";

const OUT = join(__dirname, "..", "docs", "policies");

const pages = policyPages();
mkdirSync(OUT, { recursive: true });
for (const name of readdirSync(OUT)) if (!pages.has(name)) rmSync(join(OUT, name));
for (const [name, text] of pages) writeFileSync(join(OUT, name), text);
