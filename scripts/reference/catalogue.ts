/** The catalogue's schema as JSON Schema, for editors, and as a page of Markdown, for people. */
import { z } from "zod";
import { catalogueSchema } from "../../catalogue/schema/catalogue";
import { type JsonSchema, code, row, typeOf } from "./json-schema";

/** The text of `catalogue/catalogue.schema.json` (JSON Schema, draft 2020-12). */
export function catalogueJsonSchema(): string {
    return `${JSON.stringify(z.toJSONSchema(catalogueSchema), undefined, 4)}\n`;
}

/** The text of `docs/reference/catalogue.md`. */
export function cataloguePage(): string {
    const { $defs = {} } = JSON.parse(catalogueJsonSchema()) as JsonSchema;
    return [
        "# The catalogue",
        "",
        "<!-- Generated from catalogue/schema by `npm run generate:catalogue-reference`. -->",
        "",
        "Every object is strict: a key that is not listed here is an error. A `Duration` is a number with a unit: `250ms`, `2s`, `5m`, `1h`.",
        "Editors can use the same schema from [catalogue.schema.json](../../catalogue/catalogue.schema.json).",
        ...Object.entries($defs).flatMap(([name, schema]) => section(name, schema)),
        "",
    ].join("\n");
}

function section(name: string, schema: JsonSchema): string[] {
    return [
        "",
        `## ${name}`,
        "",
        schema.description ?? "",
        "",
        row("key", "type", "required", ""),
        row("---", "---", "---", "---"),
        ...rowsOf("", schema),
    ];
}

/** A row for each field of `schema` and of the objects in it. */
function rowsOf(prefix: string, { properties = {}, required = [] }: JsonSchema): string[] {
    return Object.entries(properties).flatMap(([key, value]) => [
        row(
            code(`${prefix}${key}`),
            typeOf(value),
            required.includes(key) ? "yes" : "",
            value.description ?? "",
        ),
        ...rowsOf(`${prefix}${key}.`, value),
    ]);
}
