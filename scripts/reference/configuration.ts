/** A stack's configuration for editors and for people: a JSON Schema of `Pulumi.<stack>.yaml`, and a page of Markdown. */
import { stringify } from "yaml";
import { z } from "zod";
import { PROJECT, readStackFile } from "../../config/load";
import { meshConfigSchema } from "../../config/schema";
import { type JsonSchema, code, escaped, row, typeOf } from "./json-schema";

/** The stacks from which examples are taken, in the order of preference. */
const EXAMPLES = ["prod", "dev", "local"];

/** The text of `config/stack.schema.json` (JSON Schema, draft 2020-12). */
export function stackFileJsonSchema(): string {
    const { $schema, properties = {} } = configurationJsonSchema();
    const keys = Object.entries(properties);
    const references = (prefix: string) =>
        keys.map(([key]) => [`${prefix}${key}`, { $ref: `#/$defs/${key}` }] as const);
    const schema = {
        $schema,
        title: "Stack configuration of SPARC mesh (Pulumi.<stack>.yaml)",
        type: "object",
        properties: {
            config: {
                type: "object",
                // Pulumi accepts the program's keys with and without their namespace.
                properties: Object.fromEntries([...references(`${PROJECT}:`), ...references("")]),
                // Keys of providers, and of Pulumi itself.
                patternProperties: { "^(aws|kubernetes|pulumi):": {} },
                additionalProperties: false,
            },
            secretsprovider: { type: "string" },
            encryptedkey: { type: "string" },
            encryptionsalt: { type: "string" },
            environment: {},
        },
        additionalProperties: false,
        $defs: properties,
    };
    return `${JSON.stringify(schema, undefined, 4)}\n`;
}

/** The text of `docs/reference/configuration.md`. `root` is the checkout, whose stacks give the examples. */
export function configurationPage(root: string): string {
    const { properties = {}, required = [] } = configurationJsonSchema();
    const stacks = EXAMPLES.map((stack) => ({ stack, entries: readStackFile(stack, root) }));
    return [
        "# Configuration",
        "",
        "<!-- Generated from config/schema.ts by `npm run generate:config-reference`. -->",
        "",
        `The configuration of a stack is under \`config:\` in \`Pulumi.<stack>.yaml\`, with the prefix \`${PROJECT}:\`. The schema is strict: a key that is not listed here is an error, and ` +
            "all mistakes of a file are reported at once. Paths are relative to the section's key: `[]` is an element of a list, `<name>` a key that you choose. No key holds a secret: passwords and " +
            "private keys are Kubernetes Secrets, which keys refer to by name.",
        "",
        "Editors with the YAML language server validate and complete these keys: the stack files name [stack.schema.json](../../config/stack.schema.json).",
        "",
        row("key", ""),
        row("---", "---"),
        ...Object.entries(properties).map(([key, schema]) =>
            row(`[\`${PROJECT}:${key}\`](#${key.toLowerCase()})`, schema.description ?? keysOf(schema)),
        ),
        ...Object.entries(properties).flatMap(([key, schema]) => [
            ...section(key, schema, required.includes(key)),
            ...example(key, stacks),
        ]),
        "",
    ].join("\n");
}

/** The schema of all keys, with the message of each pattern. */
function configurationJsonSchema(): JsonSchema & { readonly $schema: string } {
    return z.toJSONSchema(meshConfigSchema, {
        io: "input",
        override: ({ zodSchema, jsonSchema }) => {
            const message = patternMessage(zodSchema);
            if (message !== undefined) Object.assign(jsonSchema, { patternErrorMessage: message });
        },
    }) as JsonSchema & { readonly $schema: string };
}

/** Messages of the schema are constants, whatever the issue is. */
const ANY_ISSUE: z.core.$ZodRawIssue = { code: "custom", input: "", path: [] };

/** The first message that a rule of a string gives, such as "must be a DNS name …". */
function patternMessage(schema: z.core.$ZodTypes): string | undefined {
    const { def } = schema._zod;
    if (def.type !== "string") return undefined;
    const errors = [def.error, ...(def.checks ?? []).map((check) => check._zod.def.error)];
    return errors
        .map((error) => (error as z.core.$ZodErrorMap | undefined)?.(ANY_ISSUE))
        .map((message) => (typeof message === "string" ? message : message?.message))
        .find((message) => message !== undefined);
}

/** The keys inside, where a section has no description. */
function keysOf({ properties = {}, oneOf = [] }: JsonSchema): string {
    const keys = [properties, ...oneOf.map((variant) => variant.properties ?? {})].flatMap(Object.keys);
    return [...new Set(keys)].map(code).join(", ");
}

function section(key: string, schema: JsonSchema, required: boolean): string[] {
    const { description } = schema;
    return [
        "",
        `## ${key}`,
        ...(description === undefined ? [] : ["", escaped(description)]),
        ...(isGroup(schema)
            ? groups("", schema)
            : [
                  "",
                  `Type: ${typeOf(schema)}. ${required ? "Required." : `Default: ${defaultOf(schema) || "none"}.`}`,
              ]),
    ];
}

/** Whether `schema` has fields to list. */
function isGroup(schema: JsonSchema): boolean {
    return schema.properties !== undefined || isUnionOfObjects(schema);
}

function isUnionOfObjects({ oneOf = [] }: JsonSchema): boolean {
    return oneOf.length > 0 && oneOf.every(({ properties }) => properties !== undefined);
}

/** The table of an object's fields, or one table for each variant of a union. */
function groups(prefix: string, schema: JsonSchema): string[] {
    if (!isUnionOfObjects(schema)) return table(rowsOf(prefix, schema));
    return (schema.oneOf ?? []).flatMap((variant) => {
        const [name, discriminator] = discriminatorOf(variant);
        const text = variant.description ?? discriminator.description;
        return [
            "",
            `### ${prefix}${name}: ${String(discriminator.const)}`,
            ...(text === undefined ? [] : ["", escaped(text)]),
            ...table(rowsOf(prefix, variant)),
        ];
    });
}

function discriminatorOf({ properties = {} }: JsonSchema): [string, JsonSchema] {
    return Object.entries(properties).find(([, value]) => value.const !== undefined) ?? ["variant", {}];
}

function table(rows: readonly string[]): string[] {
    return ["", row("key", "type", "default", "description"), row("---", "---", "---", "---"), ...rows];
}

/** A row for each field of `schema` and of what is in it. */
function rowsOf(prefix: string, { properties = {}, required = [] }: JsonSchema): string[] {
    return Object.entries(properties).flatMap(([name, value]) =>
        rowsOfField(`${prefix}${name}`, value, required.includes(name)),
    );
}

function rowsOfField(path: string, schema: JsonSchema, required: boolean): string[] {
    const given = required ? "required" : defaultOf(schema);
    const inside = insideOf(path, schema);
    // An object that is always there needs no row: its fields have theirs.
    const isImplied =
        schema.properties !== undefined && schema.description === undefined && isEmpty(schema.default);
    const self = isImplied ? [] : [row(code(path), typeOf(schema), given, schema.description ?? "")];
    return [...self, ...inside];
}

function insideOf(path: string, schema: JsonSchema): string[] {
    if (schema.properties !== undefined) return rowsOf(`${path}.`, schema);
    if (isUnionOfObjects(schema))
        return (schema.oneOf ?? []).flatMap((variant) => variantRows(path, variant));
    if (schema.items !== undefined) return insideOf(`${path}[]`, schema.items);
    if (typeof schema.additionalProperties === "object")
        return insideOf(`${path}.<name>`, schema.additionalProperties);
    return [];
}

/** The fields of one variant of a union inside a section, each with the variant in its path. */
function variantRows(path: string, variant: JsonSchema): string[] {
    const [name, discriminator] = discriminatorOf(variant);
    const others = Object.entries(variant.properties ?? {}).filter(([key]) => key !== name);
    const of = `${path} (${name}: ${String(discriminator.const)})`;
    return [
        row(
            code(`${path}.${name}`),
            code(discriminator.const),
            "",
            variant.description ?? discriminator.description ?? "",
        ),
        ...rowsOf(`${of}.`, { ...variant, properties: Object.fromEntries(others) }),
    ];
}

function defaultOf(schema: JsonSchema): string {
    const { default: value } = schema;
    if (value === undefined) return "";
    return schema.properties !== undefined && isEmpty(value) ? "" : code(value);
}

function isEmpty(value: unknown): boolean {
    return JSON.stringify(value) === "{}";
}

/** What the first stack that sets the key says, as YAML. */
function example(
    key: string,
    stacks: readonly { readonly stack: string; readonly entries: Readonly<Record<string, unknown>> }[],
): string[] {
    const first = stacks.find(({ entries }) => key in entries);
    if (first === undefined) return [];
    const yaml = stringify(
        { config: { [`${PROJECT}:${key}`]: first.entries[key] } },
        { lineWidth: 0, aliasDuplicateObjects: false },
    ).trimEnd();
    return ["", `In \`Pulumi.${first.stack}.yaml\`:`, "", "```yaml", yaml, "```"];
}
