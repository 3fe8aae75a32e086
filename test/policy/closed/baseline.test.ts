/** The baselines match what the program registers, and configure each policy of the profile closed. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Baseline } from "../../../policy/core/baseline";
import { stackListing } from "../../../cli/policy/listing";
import { registered } from "../support/registered";
import { packConfig } from "../support/stacks";

function baseline(stack: string): Baseline {
    const file = join(__dirname, "..", "..", "..", "policy", "baseline", `${stack}.json`);
    return JSON.parse(readFileSync(file, "utf8")) as Baseline;
}

describe("the baselines", function () {
    this.timeout(240_000);

    for (const stack of ["local", "dev", "prod"]) {
        it(`${stack} is up to date (otherwise run \`npm run generate:policy-baseline\`)`, async () => {
            assert.deepEqual(
                await stackListing(stack, (variant) => registered(stack, variant)),
                baseline(stack),
            );
        });

        it(`${stack} configures every policy of the area closed`, () => {
            const config = packConfig(stack) as Readonly<Record<string, { baseline?: string }>>;
            for (const name of ["kinds", "objects", "releases", "settings", "references", "required"])
                assert.equal(config[`closed-${name}`]?.baseline, stack);
        });
    }

    it("contain no secret value: Secrets are listed by name", () => {
        for (const stack of ["local", "dev", "prod"]) {
            const secrets = Object.values(baseline(stack).objects["core/Secret"] ?? {});
            assert.deepEqual(
                secrets.filter((content) => content !== ""),
                [],
            );
        }
    });
});
