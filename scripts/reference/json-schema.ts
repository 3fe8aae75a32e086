/** What the reference pages read of a JSON Schema. */
export interface JsonSchema {
    readonly $ref?: string;
    readonly $defs?: Readonly<Record<string, JsonSchema>>;
    readonly type?: string;
    readonly description?: string;
    readonly default?: unknown;
    readonly properties?: Readonly<Record<string, JsonSchema>>;
    readonly required?: readonly string[];
    readonly additionalProperties?: JsonSchema | boolean;
    readonly items?: JsonSchema;
    readonly oneOf?: readonly JsonSchema[];
    readonly anyOf?: readonly JsonSchema[];
    readonly enum?: readonly unknown[];
    readonly const?: unknown;
    readonly format?: string;
    readonly minimum?: number;
    readonly exclusiveMinimum?: number;
    readonly maximum?: number;
    readonly exclusiveMaximum?: number;
    readonly pattern?: string;
    readonly patternErrorMessage?: string;
}

const FORMATS: Readonly<Record<string, string>> = {
    cidrv4: "CIDR block",
    cidrv6: "IPv6 CIDR block",
    email: "email address",
    uri: "URL",
    "date-time": "time in ISO 8601",
};

/** The type of a value as a cell of a table, without the fields of objects. */
export function typeOf(schema: JsonSchema): string {
    if (schema.$ref !== undefined) {
        // A section of the same page describes each definition.
        const name = schema.$ref.split("/").at(-1) ?? "";
        return `[${name}](#${name.toLowerCase()})`;
    }
    const variants = schema.oneOf ?? schema.anyOf;
    if (variants !== undefined) return [...new Set(variants.map(typeOf))].join(" or ");
    if (schema.const !== undefined) return code(schema.const);
    if (schema.enum !== undefined) return schema.enum.map(code).join(", ");
    if (schema.type === "array") return `list of ${typeOf(schema.items ?? {})}`;
    if (schema.type === "object")
        return typeof schema.additionalProperties === "object"
            ? `map of ${typeOf(schema.additionalProperties)}`
            : "object";
    if (schema.type === "integer" || schema.type === "number") return `${schema.type}${rangeOf(schema)}`;
    if (schema.patternErrorMessage !== undefined)
        return schema.patternErrorMessage.replace(/^must be (an? |the )?/, "");
    const format = FORMATS[schema.format ?? ""];
    if (format !== undefined) return format;
    return schema.pattern === undefined ? (schema.type ?? "any") : `text matching ${code(schema.pattern)}`;
}

function rangeOf({ minimum, exclusiveMinimum, maximum, exclusiveMaximum }: JsonSchema): string {
    const bounds = [
        ...(minimum === undefined || minimum === Number.MIN_SAFE_INTEGER ? [] : [`from ${minimum}`]),
        ...(exclusiveMinimum === undefined ? [] : [`above ${exclusiveMinimum}`]),
        // zod bounds every integer by the largest that JavaScript represents exactly.
        ...(maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? [] : [`up to ${maximum}`]),
        ...(exclusiveMaximum === undefined ? [] : [`below ${exclusiveMaximum}`]),
    ];
    return bounds.length === 0 ? "" : ` ${bounds.join(" ")}`;
}

/** A value in code quotes. Vue, which renders the site, reads `{{` even there: no value has it. */
export function code(value: unknown): string {
    return `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;
}

/** A row of a Markdown table. */
export function row(...cells: readonly string[]): string {
    return `| ${cells.map(cell).join(" | ")} |`;
}

/** Text in a cell, which a bar would end. */
function cell(text: string): string {
    return escaped(text.replaceAll("|", "\\|").replaceAll("\n", " "));
}

/** Text whose `<name>` outside code quotes is not an HTML element, for which the site's renderer would take it. */
export function escaped(text: string): string {
    return text
        .split(/(`[^`]*`)/)
        .map((part, index) => (index % 2 === 1 ? part : part.replaceAll("<", "&lt;")))
        .join("");
}
