import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { CatalogueError, parseCatalogue } from "../../catalogue/check";
import type { Catalogue } from "../../catalogue/model";
import { platform } from "../../catalogue/platform";
import { indexOf } from "../../catalogue/query";
import { assertPlatform } from "../../components/check";
import { deriveAll } from "../../components/concerns";
import { ConfigError, fromEngine, parseConfig, readStackFile } from "../../config/load";
import type { Place } from "../support/places";
import { type Json, type Mistake, mistakesIn, schemaIn } from "./generate";

const ROOT = join(__dirname, "..", "..");
/** One mistake of each kind at each location of the schema; `MISTAKES=all` generates them at every location of the data. */
const SEED = 15;
const STACKS = ["local", "dev", "prod"];

const schemaOf = schemaIn(
    JSON.parse(readFileSync(join(ROOT, "catalogue", "catalogue.schema.json"), "utf8")) as Json,
);

/** The location in the schema, independent of the service, port or element. */
function schemaPlace(place: Place, variant: readonly Json[]): string {
    const shape = place.map((step, position) => {
        const names =
            position > 0 &&
            ["services", "stores", "external", "plans", "ports"].includes(String(place[position - 1]));
        return typeof step === "number" || names ? "*" : step;
    });
    return `${shape.join(".")} ${variant.length}`;
}

/** One of each class, by a seed. */
function sampled(mistakes: readonly Mistake[], classOf: (mistake: Mistake) => string): Mistake[] {
    const classes = new Map<string, Mistake[]>();
    for (const mistake of mistakes)
        classes.set(classOf(mistake), [...(classes.get(classOf(mistake)) ?? []), mistake]);
    return [...classes.values()].flatMap((some, index) => some[(SEED * (index + 1)) % some.length] ?? []);
}

/** The rendered objects as canonical text, for an undetected mistake. */
function rendered(catalogue: Catalogue, stack: string, entries: Readonly<Record<string, unknown>>): string {
    const platform = { catalogue, config: parseConfig(stack, entries) };
    assertPlatform(stack, platform);
    return JSON.stringify(deriveAll(platform));
}

const label = ({ kind, place }: Mistake) => `${kind} at ${place.join(".")}`;

describe("a generated mistake", () => {
    it("in the catalogue is rejected with its location, at every location of the schema", function () {
        this.timeout(120_000);
        const names = new Set(["services", "stores", "external", "plans"]);
        const isName = (place: Place) =>
            (place.length === 2 && names.has(String(place[0]))) ||
            (place.length === 4 && place[2] === "ports");
        const all = mistakesIn(platform, schemaOf, isName);
        const chosen =
            process.env["MISTAKES"] === "all"
                ? all
                : sampled(
                      all,
                      (mistake) => `${mistake.kind} ${schemaPlace(mistake.place, schemaOf(mistake.place))}`,
                  );
        const missed: string[] = [];
        const before = rendered(parseCatalogue(platform), "prod", readStackFile("prod", ROOT));
        let same = 0;
        for (const mistake of chosen) {
            try {
                const catalogue = parseCatalogue(mistake.data);
                if (rendered(catalogue, "prod", readStackFile("prod", ROOT)) === before) same += 1;
                else missed.push(`${label(mistake)}: other objects`);
            } catch (error) {
                if (!(error instanceof CatalogueError)) missed.push(`${label(mistake)}: ${String(error)}`);
                else if (
                    !error.problems.some(
                        ({ where, message, remedy }) =>
                            isNamed(mistake, `${where} ${message}`) && remedy !== "",
                    )
                )
                    missed.push(`${label(mistake)}: its location is not named: ${error.message}`);
            }
            // Rendering without the check also rejects values outside an enumeration.
            if (/value|capitals|upper/.test(mistake.kind))
                assert.throws(() => indexOf(mistake.data as Catalogue), CatalogueError, label(mistake));
        }
        say(
            `      ${chosen.length} of ${all.length} mistakes in the catalogue: ${chosen.length - missed.length - same} rejected, ${same} without effect`,
        );
        assert.deepEqual(missed, []);
        assert.ok(chosen.length >= 400, String(chosen.length));
    });

    for (const stack of STACKS) {
        it(`in Pulumi.${stack}.yaml is rejected with its location, from the file and from the engine`, function () {
            this.timeout(120_000);
            const { config } = parse(readFileSync(join(ROOT, `Pulumi.${stack}.yaml`), "utf8")) as {
                config: Record<string, unknown>;
            };
            // Tenants' names are arbitrary.
            const isName = (place: Place) =>
                place.join(".") === "sparc-mesh:telemetry.tracing.samplingPercentByTenant.*";
            const mistakes = mistakesIn(config, undefined, isName);
            const folder = mkdtempSync(join(tmpdir(), "mesh-mistakes-"));
            const missed: string[] = [];
            let same = 0;
            const catalogue = parseCatalogue(platform);
            const before = rendered(catalogue, stack, readStackFile(stack, ROOT));
            const check = (mistake: Mistake, load: () => string) => {
                try {
                    if (load() === before) same += 1;
                    else missed.push(`${label(mistake)}: other objects`);
                } catch (error) {
                    if (!(error instanceof ConfigError)) missed.push(`${label(mistake)}: ${String(error)}`);
                    else if (!error.problems.some((problem) => isNamed(mistake, problem)))
                        missed.push(`${label(mistake)}: its location is not named: ${error.message}`);
                }
            };
            try {
                for (const mistake of mistakes) {
                    const data = mistake.data as Readonly<Record<string, unknown>>;
                    writeFileSync(join(folder, `Pulumi.${stack}.yaml`), stringify({ config: data }));
                    check(mistake, () => rendered(catalogue, stack, readStackFile(stack, folder)));
                    // The engine has no null: it omits such a key. It also does not distinguish strings.
                    if (Object.values(data).includes(null)) continue;
                    const text = Object.entries(data).map(([key, value]) => [
                        key,
                        typeof value === "string" ? value : JSON.stringify(value),
                    ]);
                    check(mistake, () => {
                        const read = {
                            catalogue,
                            config: fromEngine(stack, Object.fromEntries(text) as Record<string, string>),
                        };
                        assertPlatform(stack, read);
                        return JSON.stringify(deriveAll(read));
                    });
                }
            } finally {
                rmSync(folder, { recursive: true });
            }
            say(
                `      ${mistakes.length} mistakes in Pulumi.${stack}.yaml, ${same} of the parsed ones without effect`,
            );
            assert.deepEqual(missed, []);
        });
    }
});

function say(line: string): void {
    process.stdout.write(`${line}\n`);
}

/** Whether a problem names the location: the parent and the key. */
function isNamed({ place, words }: Mistake, text: string): boolean {
    const steps = place.slice(0, -1).map(String);
    const parent = steps.map((step) => step.replace(/^sparc-mesh:/, ""));
    return (
        [...parent, ""].every((step) => text.includes(step)) &&
        words.some((word) => text.includes(word.replace(/^sparc-mesh:/, "")))
    );
}
