/**
 * Reads a stack's configuration, from the Pulumi engine or from `Pulumi.<stack>.yaml`, into one validated object.
 * Importing this module reads nothing.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { closest, distance } from "fastest-levenshtein";
import { parseDocument } from "yaml";
import { z } from "zod";
import { renamedTo, renamedValue } from "./renamed";
import { type MeshConfig, meshConfigSchema } from "./schema";
import { type IsSecret, secretProblems, withoutSecrets } from "./secrets";

/** The project's name in Pulumi.yaml, which is the namespace of its configuration keys. */
export const PROJECT = "sparc-mesh";

/** An invalid configuration. The message lists every mistake with its place and its fix. */
export class ConfigError extends Error {
    constructor(
        source: string,
        readonly problems: readonly string[],
    ) {
        const count = problems.length === 1 ? "1 mistake" : `${problems.length} mistakes`;
        super(`${source}: ${count}\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
        this.name = "ConfigError";
    }
}

/**
 * Validates `entries` (top-level key → value) against the schema and fills in defaults.
 *
 * @param source the file or engine that the entries come from, for error messages
 * @throws ConfigError with all mistakes at once
 */
export function parseConfig(source: string, entries: Readonly<Record<string, unknown>>): MeshConfig {
    const result = meshConfigSchema.safeParse(entries, { reportInput: true });
    if (result.success) return result.data;
    throw new ConfigError(source, result.error.issues.flatMap(describeIssue));
}

/** Returns the configuration of `stack` from its file in `folder`, without an engine or a login. */
export function loadStackFile(stack: string, folder: string): MeshConfig {
    return parseConfig(stackFile(stack, folder), readStackFile(stack, folder));
}

/**
 * Returns the entries of the stack's file in this project's namespace, unvalidated and without defaults.
 *
 * @throws ConfigError if there is no such stack, or its file is not valid YAML
 */
export function readStackFile(stack: string, folder: string): Record<string, unknown> {
    const file = stackFile(stack, folder);
    if (!existsSync(file)) throw new ConfigError(file, [noSuchStack(stack, folder)]);
    const document = parseDocument(readFileSync(file, "utf8"), { prettyErrors: true });
    const unreadable = [...document.errors, ...document.warnings];
    if (unreadable.length > 0)
        throw new ConfigError(
            file,
            unreadable.map(({ message }) => message),
        );
    const settings = (document.toJS() ?? {}) as unknown;
    if (!isMap(settings)) throw new ConfigError(file, ["(top level): must be a map with the key `config:`"]);
    const config = settings["config"] ?? {};
    if (!isMap(config)) throw new ConfigError(file, ["config: must be a map of keys to values"]);
    const misplaced = [...misplacedSettings(settings), ...unreadKeys(config)];
    if (misplaced.length > 0) throw new ConfigError(file, misplaced);
    return projectEntries(file, config);
}

function isMap(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Returns the values of this project's keys, without their namespace. */
function projectEntries(
    source: string,
    config: Readonly<Record<string, unknown>>,
    isSecret?: IsSecret,
): Record<string, unknown> {
    const prefix = `${PROJECT}:`;
    const entries = Object.entries(config).filter(([key]) => key.startsWith(prefix) || !key.includes(":"));
    const names = entries.map(([key]) => key.replace(prefix, ""));
    const problems = [
        ...names
            .filter((name, position) => names.indexOf(name) !== position)
            .map((name) => `${name}: duplicate key, as ${name} and as ${prefix}${name}; remove one`),
        ...entries.flatMap(([key, value]) => invalidJson(key, value)),
        ...secretProblems(
            prefix,
            entries.map(([key, value]) => [key, decoded(key.replace(prefix, ""), value)] as const),
            isSecret,
        ),
    ];
    if (problems.length > 0) throw new ConfigError(source, problems);
    return Object.fromEntries(
        entries.map(([key, value]) => {
            const name = key.replace(prefix, "");
            return [name, decoded(name, value)];
        }),
    );
}

/** Objects and lists are JSON where Pulumi wrote them as text. */
function invalidJson(key: string, value: unknown): string[] {
    if (typeof value !== "string" || !/^\s*[[{]/.test(value) || isTextKey(key)) return [];
    try {
        JSON.parse(value);
        return [];
    } catch (error) {
        return [`${key}: invalid JSON (${(error as Error).message}); correct it, or write YAML`];
    }
}

/** The top-level keys of a stack file that Pulumi reads. Nothing reads any other. */
const SETTINGS = ["config", "secretsprovider", "encryptedkey", "encryptionsalt", "environment"];

function misplacedSettings(settings: Readonly<Record<string, unknown>>): string[] {
    return Object.keys(settings)
        .filter((key) => !SETTINGS.includes(key))
        .map((key) =>
            key.startsWith(`${PROJECT}:`)
                ? `${key}: misplaced outside \`config:\`, where nothing reads it; indent it below \`config:\``
                : `${key}: unknown key; known here: ${SETTINGS.join(", ")}`,
        );
}

/** The namespaces of the providers that the program uses, and Pulumi's. */
const PROVIDERS = ["aws", "kubernetes", "pulumi"];

/** Reports keys in namespaces that nothing reads: misspellings of this project's, and those of unused providers. */
function unreadKeys(config: Readonly<Record<string, unknown>>): string[] {
    return Object.keys(config).flatMap((key) => {
        const colon = key.indexOf(":");
        const namespace = key.slice(0, Math.max(0, colon));
        if (colon === -1 || namespace === PROJECT || PROVIDERS.includes(namespace)) return [];
        return distance(namespace.toLowerCase(), PROJECT) <= 3
            ? [`${key}: unknown namespace ${namespace}; did you mean "${PROJECT}"?`]
            : [`${key}: unknown namespace "${namespace}"; known here: ${[PROJECT, ...PROVIDERS].join(", ")}`];
    });
}

function stackFile(stack: string, folder: string): string {
    return join(folder, `Pulumi.${stack}.yaml`);
}

/**
 * The configuration as the Pulumi engine passes it: every value is a string, with objects and numbers as JSON.
 *
 * @param all the result of `pulumi.runtime.allConfig()`, with secrets decrypted
 * @param isSecret whether a key's value has a secret in it
 */
export function fromEngine(
    stack: string,
    all: Readonly<Record<string, string>>,
    isSecret: IsSecret = () => false,
): MeshConfig {
    const source = `configuration of stack ${stack}`;
    const unread = unreadKeys(all);
    if (unread.length > 0) throw new ConfigError(source, unread);
    return parseConfig(source, projectEntries(source, all, isSecret));
}

/** The engine, and `pulumi config set` in a stack's file, write every value as text: a boolean as `"true"`. */
function decoded(name: string, value: unknown): unknown {
    return typeof value === "string" && !isTextKey(name) ? fromJson(value) : value;
}

/** Whether the schema has text under this key, so that `true` or `1` must not be parsed as JSON. */
function isTextKey(name: string): boolean {
    const field: unknown = (meshConfigSchema.shape as Record<string, unknown>)[name];
    return field instanceof z.ZodType && field.safeParse("a.b").success;
}

function fromJson(value: string): unknown {
    try {
        return JSON.parse(value) as unknown;
    } catch {
        return value;
    }
}

function noSuchStack(stack: string, folder: string): string {
    const known = readdirSync(folder).flatMap((name) => /^Pulumi\.(.+)\.yaml$/.exec(name)?.[1] ?? []);
    return `there is no stack "${stack}"; the stacks here are ${known.sort().join(", ") || "none"}`;
}

function describeIssue(issue: z.core.$ZodIssue): string[] {
    const place = issue.path.map(String).join(".");
    if (issue.code === "unrecognized_keys") {
        const known = knownKeys(issue.path);
        return issue.keys.map((key) => {
            const parents = issue.path.map(String);
            const path = [...parents, key].join(".");
            const newName = renamedTo(key, known);
            return newName === undefined
                ? `${path}: unknown key; ${suggestion(key, known)}`
                : `${path} was renamed to ${[...parents, newName].join(".")}`;
        });
    }
    // A custom rule's message is complete; the value may be long, or a secret.
    if (issue.code === "custom") return [`${place || "(top level)"}: ${lowerFirst(issue.message)}`];
    if (issue.code === "invalid_key")
        return issue.issues.map(({ message }) => `${place}: the name ${lowerFirst(message)}`);
    const renamed = renamedValue(issue.path.map(String), rejectedValue(issue));
    if (renamed !== undefined) return [renamed];
    const suggested = suggestedValue(issue);
    // zod's own message says "received undefined".
    const message = lowerFirst(issue.message).replace(/^invalid input: (expected .*), received \w+$/, "$1");
    const actual = issue.input === undefined ? "it is missing" : `got ${withoutSecrets(place, issue.input)}`;
    const remedy = suggested === undefined ? "" : `; did you mean "${suggested}"?`;
    return [`${place || "(top level)"}: ${message}; ${actual}${remedy}`];
}

/** The allowed value of an enumeration, or of a union's discriminator, that is nearest to the rejected one. */
function suggestedValue(issue: z.core.$ZodIssue): string | undefined {
    if (issue.code === "invalid_value") return nearestValue(rejectedValue(issue), issue.values);
    if (issue.code !== "invalid_union") return undefined;
    const options = "options" in issue && Array.isArray(issue.options) ? issue.options : [];
    return nearestValue(rejectedValue(issue), options);
}

/** The input at the issue's path: zod reports the whole object where a union's discriminator is invalid. */
function rejectedValue(issue: z.core.$ZodIssue): unknown {
    const isUnion = issue.code === "invalid_union" && "discriminator" in issue;
    return isUnion && isMap(issue.input) ? issue.input[String(issue.discriminator)] : issue.input;
}

function nearestValue(value: unknown, known: readonly unknown[]): string | undefined {
    if (typeof value !== "string" || known.length === 0) return undefined;
    const nearest = closest(value, known.map(String));
    return distance(value, nearest) <= Math.max(2, value.length / 3) ? nearest : undefined;
}

function suggestion(key: string, known: readonly string[]): string {
    const list = `known here: ${known.join(", ")}`;
    if (known.length === 0) return "no key is allowed here";
    const nearest = closest(key, [...known]);
    return distance(key, nearest) <= Math.max(2, key.length / 3)
        ? `did you mean "${nearest}"? (${list})`
        : list;
}

/** Returns the keys that the schema allows at `path`; those of all variants if it is a union. */
function knownKeys(path: readonly PropertyKey[]): string[] {
    let schemas: unknown[] = [meshConfigSchema];
    for (const step of path) {
        schemas = schemas.flatMap((schema) => childSchemas(schema, String(step)));
    }
    return [...new Set(schemas.flatMap(variants).flatMap((schema) => Object.keys(schema.shape)))].sort();
}

/** Returns the schemas under the key `step`, or of an element. */
function childSchemas(schema: unknown, step: string): unknown[] {
    const bare = unwrapOptional(schema);
    if (bare instanceof z.ZodArray) return [bare.element];
    if (bare instanceof z.ZodRecord) return [bare.valueType];
    return variants(bare).map(({ shape }) => (shape as Record<string, unknown>)[step]);
}

function variants(schema: unknown): z.ZodObject[] {
    const bare = unwrapOptional(schema);
    if (bare instanceof z.ZodObject) return [bare];
    if (bare instanceof z.ZodDiscriminatedUnion) return (bare.options as unknown[]).flatMap(variants);
    return [];
}

/** Removes the wrappers for optional values and defaults. */
function unwrapOptional(schema: unknown): unknown {
    return schema instanceof z.ZodDefault ||
        schema instanceof z.ZodPrefault ||
        schema instanceof z.ZodOptional
        ? unwrapOptional(schema.unwrap())
        : schema;
}

function lowerFirst(text: string): string {
    return text.charAt(0).toLowerCase() + text.slice(1);
}
