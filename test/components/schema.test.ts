import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import Ajv, { type ValidateFunction } from "ajv";
import { platform as catalogue } from "../../catalogue/platform";
import { type Manifest, manifestKey } from "../../components/base/manifest";
import { deriveAll } from "../../components/concerns";
import { loadStackFile } from "../../config/load";
import { testConfig } from "../support/config";

const ROOT = join(__dirname, "..", "..");
const SCHEMAS = join(ROOT, "components", "crds");

/** Validators of the pinned CRDs, by kind. */
function validators(): Map<string, ValidateFunction> {
    // JSON Schema does not have Kubernetes' formats (int32, double …); this tests the structure.
    const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false });
    return new Map(
        readdirSync(SCHEMAS)
            .filter((file) => file.endsWith(".schema.json"))
            .map((file) => [
                file.replace(".schema.json", ""),
                ajv.compile(JSON.parse(readFileSync(join(SCHEMAS, file), "utf8")) as object),
            ]),
    );
}

function custom(objects: readonly Manifest[]): Manifest[] {
    return objects.filter(({ apiVersion }) =>
        /\.istio\.io\/|^(awspca\.)?cert-manager\.io\/|^flagger\.app\//.test(apiVersion),
    );
}

describe("the CRDs of the pinned Istio, cert-manager and Flagger", () => {
    const byKind = validators();

    for (const stack of ["local", "dev", "prod"]) {
        it(`accept every custom resource of ${stack}`, () => {
            const objects = custom(deriveAll({ catalogue, config: loadStackFile(stack, ROOT) }).objects);
            assert.ok(objects.length > 100);
            for (const object of objects) {
                const validate = byKind.get(object.kind);
                assert.ok(validate !== undefined, `no schema for ${object.kind}`);
                const spec = "spec" in object ? object.spec : undefined;
                assert.ok(validate(spec), `${manifestKey(object)}: ${JSON.stringify(validate.errors)}`);
            }
        });
    }

    it("accept every kind of traffic configuration", () => {
        const config = testConfig({
            domain: "mesh.example.com",
            traffic: {
                services: {
                    recordings: {
                        versions: { v1: 90, v2: 10, v3: 0 },
                        variants: [
                            { to: "v2", for: { cookie: { name: "variant", value: "b" } } },
                            {
                                to: "v3",
                                for: { header: { name: "x-tester", value: "yes" }, path: "/v1/recordings" },
                            },
                        ],
                        mirror: { to: "v3", percent: 12.5 },
                        rewrites: [{ from: "/v1", to: "/v2" }],
                        fault: {
                            delay: { percent: 1, fixedDelay: "250ms" },
                            abort: { percent: 0.1, httpStatus: 503 },
                        },
                    },
                },
            },
        });
        for (const object of custom(deriveAll({ catalogue, config }).objects)) {
            const validate = byKind.get(object.kind);
            const spec = "spec" in object ? object.spec : undefined;
            assert.ok(validate?.(spec), `${manifestKey(object)}: ${JSON.stringify(validate?.errors)}`);
        }
    });

    it("reject a misspelled field, which an API server would silently drop", () => {
        const validate = byKind.get("AuthorizationPolicy");
        assert.ok(validate !== undefined);
        assert.equal(validate({ action: "ALLOW", rules: [{ form: [] }] }), false);
        assert.equal(validate({ action: "ALLOW", rules: [{ from: [] }] }), true);
    });
});
