/**
 * Parses YAML like helm parses its templates' output: as Go's yaml.v2, which is YAML 1.1 and lenient about indentation.
 */
import { lazyLoad } from "../../lib/lazy-load";

interface JsYaml {
    readonly CORE_SCHEMA: { extend(types: { implicit: readonly unknown[] }): unknown };
    readonly Type: new (tag: string, options: object) => unknown;
    readonly loadAll: (text: string, iterator: null, options: { schema: unknown; json: true }) => unknown[];
}

/** Words that yaml.v2 reads as booleans and YAML 1.2 as text: github.com/go-yaml/yaml, `resolve.go` of v2. */
const WORDS: ReadonlyMap<string, boolean> = new Map(
    [
        { words: ["yes", "on"], value: true },
        { words: ["no", "off"], value: false },
    ].flatMap(({ words, value }) =>
        words.flatMap((word) =>
            [word, word.toUpperCase(), word.slice(0, 1).toUpperCase() + word.slice(1)].map(
                (spelling): [string, boolean] => [spelling, value],
            ),
        ),
    ),
);

/**
 * All documents of a text. Uses js-yaml because `yaml` rejects quoted text that is not indented, as in Flagger's CRDs.
 *
 * @throws Error with the line that cannot be parsed
 */
export function readYaml(text: string): readonly unknown[] {
    const { CORE_SCHEMA, Type, loadAll } = lazyLoad(__filename, "js-yaml") as JsYaml;
    const words = new Type("tag:yaml.org,2002:bool", {
        kind: "scalar",
        resolve: (word: unknown) => typeof word === "string" && WORDS.has(word),
        construct: (word: string) => WORDS.get(word),
    });
    // With `json`, the last of two equal keys wins, as in Go.
    return loadAll(text, null, { schema: CORE_SCHEMA.extend({ implicit: [words] }), json: true });
}
