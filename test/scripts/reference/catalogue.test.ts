import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020";
import * as fc from "fast-check";
import { checkCatalogue } from "../../../catalogue/check";
import { catalogueJsonSchema, cataloguePage } from "../../../scripts/reference/catalogue";
import { arbitraryCatalogue } from "../../catalogue/arbitrary";
import { platform } from "../../../catalogue/platform";
import { placesOf, replaced } from "../../support/places";

const ROOT = join(__dirname, "..", "..", "..");
const committed = (file: string) => readFileSync(join(ROOT, file), "utf8");

describe("the catalogue's reference", () => {
    it("matches the schema (otherwise run `npm run generate:catalogue-reference`)", () => {
        assert.equal(committed("catalogue/catalogue.schema.json"), catalogueJsonSchema());
        assert.equal(committed("docs/reference/catalogue.md"), cataloguePage());
    });

    const validate = new Ajv2020({ strict: false }).compile(
        JSON.parse(committed("catalogue/catalogue.schema.json")) as object,
    );

    it("as JSON Schema accepts the platform and every valid catalogue", () => {
        assert.ok(validate(platform), JSON.stringify(validate.errors));
        fc.assert(
            fc.property(arbitraryCatalogue(), (catalogue) => {
                assert.ok(validate(catalogue), JSON.stringify(validate.errors));
            }),
            { numRuns: 30 },
        );
    });

    it("as JSON Schema accepts everything that the check accepts", () => {
        const anything = fc.oneof(fc.jsonValue(), fc.constantFrom("jwt", "GET /a", "2s", true, 8080, [], {}));
        const places = placesOf(platform);
        fc.assert(
            fc.property(fc.constantFrom(...places), anything, (place, value) => {
                const changed = replaced(platform, place, value);
                if (validate(changed)) return;
                assert.notDeepEqual(checkCatalogue(changed), [], place.join("."));
            }),
            { numRuns: 300 },
        );
    });
});
