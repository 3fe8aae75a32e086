/**
 * Writes policy/baseline/<stack>.json: what the program registers for each stack, which the policies of the area `closed`
 * then accept and nothing else. Run by `npm run generate:policy-baseline`, for all stacks or for those that it names; the
 * diff is what a reviewer reads.
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

const named = process.argv.slice(2);
void main(named.length === 0 ? STACKS : named);
