/**
 * Writes policy/baseline/<stack>.json: the resources that the program registers for each stack. The policies of the area
 * `closed` accept only these. Run by `npm run generate:policy-baseline`, for all stacks or for the given ones; reviewers read
 * the diff.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { format, resolveConfig } from "prettier";
import { stackListing } from "../cli/policy/listing";

const OUT = join(__dirname, "..", "policy", "baseline");
const STACKS = ["local", "dev", "prod"];

async function main(stacks: readonly string[]): Promise<void> {
    for (const stack of stacks) {
        const listing = await stackListing(stack);
        const file = join(OUT, `${stack}.json`);
        const style = await resolveConfig(file);
        writeFileSync(
            file,
            await format(JSON.stringify(listing, undefined, 2), { ...style, filepath: file }),
        );
    }
}

const selected = process.argv.slice(2);
void main(selected.length === 0 ? STACKS : selected);
