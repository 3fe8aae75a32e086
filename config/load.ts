/**
 * Reads a stack's configuration, from the Pulumi engine or from `Pulumi.<stack>.yaml`, into one checked object.
 * Nothing is read at import: whoever needs a configuration calls for it.
 */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { closest, distance } from "fastest-levenshtein";
import { parseDocument } from "yaml";
import { z } from "zod";
import { type MeshConfig, meshConfigSchema } from "./schema";

/** The project's name in Pulumi.yaml, which is the namespace of its configuration keys. */
export const PROJECT = "sparc-mesh";

/** A configuration that cannot be used. Its message lists every mistake with its place and its remedy. */
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
 * Checks `entries` (top-level key → value) against the schema and fills in defaults.
 *
 * @param source names the file or engine that the entries come from, for the message.
 * @throws ConfigError with all mistakes at once.
 */
export function parseConfig(source: string, entries: Readonly<Record<string, unknown>>): MeshConfig {
    const result = meshConfigSchema.safeParse(entries, { reportInput: true });
    if (result.success) return result.data;
    throw new ConfigError(source, result.error.issues.flatMap(describeIssue));
}

/** The configuration of `stack` from its file in `folder`; needs neither an engine nor a log-in. */
export function loadStackFile(stack: string, folder: string): MeshConfig {
    return parseConfig(stackFile(stack, folder), readStackFile(stack, folder));
}

/**
 * What the stack's file says under our own keys, unchecked and without defaults.
 *
 * @throws ConfigError if there is no such stack, or its file is no YAML.
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
    if (!isMap(settings))
        throw new ConfigError(file, ["(top level): it must be a map with the key `config:`"]);
    const config = settings["config"] ?? {};
    if (!isMap(config)) throw new ConfigError(file, ["config: it must be a map of keys to values"]);
    const misplaced = [...misplacedSettings(settings), ...foreignKeys(config)];
    if (misplaced.length > 0) throw new ConfigError(file, misplaced);
    return ownEntries(file, config);
}

function isMap(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The values of our own keys, without their namespace. */
function ownEntries(source: string, config: Readonly<Record<string, unknown>>): Record<string, unknown> {
    const prefix = `${PROJECT}:`;
    const own = Object.entries(config).filter(([key]) => key.startsWith(prefix) || !key.includes(":"));
    const names = own.map(([key]) => key.replace(prefix, ""));
    const problems = [
        ...names
            .filter((name, position) => names.indexOf(name) !== position)
            .map((name) => `${name}: it stands here twice, as ${name} and as ${prefix}${name}; remove one`),
        ...own.flatMap(([key, value]) => brokenJson(key, value)),
        ...own.flatMap(([key, value]) => encrypted(key, value)),
    ];
    if (problems.length > 0) throw new ConfigError(source, problems);
    return Object.fromEntries(own.map(([key, value]) => decoded(key.replace(prefix, ""), value)));
}

/** Objects and lists are JSON where Pulumi has written them as text. */
function brokenJson(key: string, value: unknown): string[] {
    if (typeof value !== "string" || !/^\s*[[{]/.test(value) || isTextKey(key)) return [];
    try {
        JSON.parse(value);
        return [];
    } catch (error) {
        return [
            `${key}: it begins as JSON and is none (${(error as Error).message}); correct it, or write YAML`,
        ];
    }
}

/**
 * Values that Pulumi has encrypted. No key of ours is a secret (passwords and keys are Kubernetes Secrets, by their names), and the
 * commands read the file without an engine that could decrypt it.
 */
function encrypted(place: string, value: unknown): string[] {
    if (Array.isArray(value)) return value.flatMap((one, index) => encrypted(`${place}.${index}`, one));
    if (!isMap(value)) return [];
    const entries = Object.entries(value);
    return entries.length === 1 && typeof value["secure"] === "string"
        ? [
              `${place}: it is encrypted (secure:), and no key of ${PROJECT} is a secret; ` +
                  "write it in plain text (pulumi config set without --secret), and keep what is secret in a Kubernetes Secret",
          ]
        : entries.flatMap(([key, one]) => encrypted(`${place}.${key}`, one));
}

/** What Pulumi itself reads of a stack's file; whatever else stands there, nobody does. */
const SETTINGS = ["config", "secretsprovider", "encryptedkey", "encryptionsalt", "environment"];

function misplacedSettings(settings: Readonly<Record<string, unknown>>): string[] {
    return Object.keys(settings)
        .filter((key) => !SETTINGS.includes(key))
        .map((key) =>
            key.startsWith(`${PROJECT}:`)
                ? `${key}: it stands beside \`config:\`, where nobody reads it; indent it below \`config:\``
                : `${key}: nobody reads it here; known here: ${SETTINGS.join(", ")}`,
        );
}

/** The namespaces of the providers that the program uses, and Pulumi's own. */
const PROVIDERS = ["aws", "kubernetes", "pulumi"];

/** Keys that nobody reads: those of a namespace that is nearly ours, and of one that is no provider's. */
function foreignKeys(config: Readonly<Record<string, unknown>>): string[] {
    return Object.keys(config).flatMap((key) => {
        const colon = key.indexOf(":");
        const namespace = key.slice(0, Math.max(0, colon));
        if (colon === -1 || namespace === PROJECT || PROVIDERS.includes(namespace)) return [];
        return distance(namespace.toLowerCase(), PROJECT) <= 3
            ? [`${key}: the namespace ${namespace} is no program's here; did you mean "${PROJECT}"?`]
            : [
                  `${key}: nobody reads the namespace "${namespace}"; known here: ${[PROJECT, ...PROVIDERS].join(", ")}`,
              ];
    });
}

function stackFile(stack: string, folder: string): string {
    return join(folder, `Pulumi.${stack}.yaml`);
}

/**
 * The configuration as the Pulumi engine hands it over: every value a string, objects and numbers as JSON.
 *
 * @param all what `pulumi.runtime.allConfig()` returns.
 */
export function fromEngine(stack: string, all: Readonly<Record<string, string>>): MeshConfig {
    const source = `configuration of stack ${stack}`;
    const foreign = foreignKeys(all);
    if (foreign.length > 0) throw new ConfigError(source, foreign);
    return parseConfig(source, ownEntries(source, all));
}

/** The engine, and `pulumi config set` in a stack's file, write every value as text: a truth value as `"true"`. */
function decoded(name: string, value: unknown): [string, unknown] {
    return [name, typeof value === "string" && !isTextKey(name) ? fromJson(value) : value];
}

/** Whether the schema wants text under this key, so that `true` or `1` must not be read as JSON. */
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
            const where = place === "" ? key : `${place}.${key}`;
            return `${where}: unknown key; ${suggestion(key, known)}`;
        });
    }
    // A rule of our own says what is wrong; what it is of may be long, or a secret.
    if (issue.code === "custom") return [`${place || "(top level)"}: ${lowerFirst(issue.message)}`];
    if (issue.code === "invalid_key")
        return issue.issues.map(({ message }) => `${place}: the name ${lowerFirst(message)}`);
    const meant = meantValue(issue);
    const found = issue.input === undefined ? "it is missing" : `found ${JSON.stringify(issue.input)}`;
    const remedy = meant === undefined ? "" : `; did you mean "${meant}"?`;
    return [`${place || "(top level)"}: ${lowerFirst(issue.message)}; ${found}${remedy}`];
}

/** The nearest value of an enumeration, or of what decides between variants, to the one that is none. */
function meantValue(issue: z.core.$ZodIssue): string | undefined {
    const { input } = issue;
    if (issue.code === "invalid_value") return nearestOf(input, issue.values);
    if (issue.code !== "invalid_union" || !("discriminator" in issue) || !isMap(input)) return undefined;
    const options = "options" in issue ? issue.options : undefined;
    return nearestOf(input[String(issue.discriminator)], Array.isArray(options) ? options : []);
}

function nearestOf(value: unknown, known: readonly unknown[]): string | undefined {
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

/** The keys that the schema allows at `path`; of all variants where it is a union. */
function knownKeys(path: readonly PropertyKey[]): string[] {
    let schemas: unknown[] = [meshConfigSchema];
    for (const step of path) {
        schemas = schemas.flatMap((schema) => inside(schema, String(step)));
    }
    return [...new Set(schemas.flatMap(variants).flatMap((schema) => Object.keys(schema.shape)))].sort();
}

/** What `schema` allows under the key `step`, or as an element of it. */
function inside(schema: unknown, step: string): unknown[] {
    const bare = unwrapped(schema);
    if (bare instanceof z.ZodArray) return [bare.element];
    if (bare instanceof z.ZodRecord) return [bare.valueType];
    return variants(bare).map(({ shape }) => (shape as Record<string, unknown>)[step]);
}

function variants(schema: unknown): z.ZodObject[] {
    const bare = unwrapped(schema);
    if (bare instanceof z.ZodObject) return [bare];
    if (bare instanceof z.ZodDiscriminatedUnion) return (bare.options as unknown[]).flatMap(variants);
    return [];
}

/** Without what says that it may be absent. */
function unwrapped(schema: unknown): unknown {
    return schema instanceof z.ZodDefault ||
        schema instanceof z.ZodPrefault ||
        schema instanceof z.ZodOptional
        ? unwrapped(schema.unwrap())
        : schema;
}

function lowerFirst(text: string): string {
    return text.charAt(0).toLowerCase() + text.slice(1);
}
