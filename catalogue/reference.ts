/** The catalogue's schema as JSON Schema, for editors, and as a page of Markdown, for people. */
import { z } from "zod";
import { catalogueSchema } from "./schema/catalogue";

/** The parts of a JSON Schema that the page shows. */
interface Json {
    readonly $ref?: string;
    readonly type?: string;
    readonly description?: string;
    readonly properties?: Readonly<Record<string, Json>>;
    readonly required?: readonly string[];
    readonly additionalProperties?: Json | false;
    readonly items?: Json;
    readonly oneOf?: readonly Json[];
    readonly enum?: readonly string[];
    readonly const?: string;
    readonly minimum?: number;
    readonly exclusiveMinimum?: number;
    readonly maximum?: number;
    readonly exclusiveMaximum?: number;
    readonly pattern?: string;
    readonly $defs?: Readonly<Record<string, Json>>;
}

/** The text of `catalogue/catalogue.schema.json` (JSON Schema, draft 2020-12). */
export function catalogueJsonSchema(): string {
    return `${JSON.stringify(z.toJSONSchema(catalogueSchema), undefined, 4)}\n`;
}

/** The text of `docs/reference/catalogue.md`. */
export function cataloguePage(): string {
    const { $defs = {} } = JSON.parse(catalogueJsonSchema()) as Json;
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

function section(name: string, schema: Json): string[] {
    const { description = "", properties = {}, required = [] } = schema;
    const rows = Object.entries(properties).map(
        ([key, value]) =>
            `| \`${key}\` | ${typeOf(value)} | ${required.includes(key) ? "yes" : ""} | ${cell(value.description ?? "")} |`,
    );
    return [
        "",
        `## ${name}`,
        "",
        description,
        "",
        "| key | type | required | |",
        "| --- | --- | --- | --- |",
        ...rows,
    ];
}

/** A schema's type as a table cell. */
function typeOf(schema: Json): string {
    if (schema.$ref !== undefined) {
        const name = schema.$ref.split("/").at(-1) ?? "";
        return `[${name}](#${name.toLowerCase()})`;
    }
    if (schema.const !== undefined) return `\`${schema.const}\``;
    if (schema.enum !== undefined) return schema.enum.map((value) => `\`${value}\``).join(", ");
    if (schema.oneOf !== undefined) return schema.oneOf.map(typeOf).join(", ");
    if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
    if (schema.type === "object" && schema.additionalProperties)
        return `by name: ${typeOf(schema.additionalProperties)}`;
    if (schema.type === "object" && schema.properties !== undefined)
        return Object.entries(schema.properties)
            .map(([key, value]) => `\`${key}\`: ${typeOf(value)}`)
            .join("; ");
    if (schema.type === "integer" || schema.type === "number") return `${schema.type}${rangeOf(schema)}`;
    if (schema.pattern !== undefined) return `text matching \`${cell(schema.pattern)}\``;
    return schema.type ?? "";
}

function rangeOf({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: Json): string {
    const bounds = [
        ...(minimum === undefined ? [] : [`from ${minimum}`]),
        ...(exclusiveMinimum === undefined ? [] : [`above ${exclusiveMinimum}`]),
        // zod limits every integer to JavaScript's safe range.
        ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? [] : [`up to ${maximum}`]),
        ...(exclusiveMaximum === undefined ? [] : [`below ${exclusiveMaximum}`]),
    ];
    return bounds.length === 0 ? "" : ` ${bounds.join(" ")}`;
}

/** Escapes the bar, which would end the table cell. */
function cell(text: string): string {
    return text.replaceAll("|", "\\|");
}
