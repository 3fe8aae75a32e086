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
    if (document.errors.length > 0)
        throw new ConfigError(
            file,
            document.errors.map(({ message }) => message),
        );
    const settings = (document.toJS() ?? {}) as Record<string, unknown> & {
        config?: Record<string, unknown>;
    };
    const { config = {} } = settings;
    const misplaced = [...misplacedSettings(settings), ...misspeltNamespaces(config)];
    if (misplaced.length > 0) throw new ConfigError(file, misplaced);

    const prefix = `${PROJECT}:`;
    const own = Object.entries(config).filter(([key]) => key.startsWith(prefix) || !key.includes(":"));
    return Object.fromEntries(own.map(([key, value]) => decoded(key.replace(prefix, ""), value)));
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

/** Another project's namespace is its own affair; one that is nearly ours is ours, misspelt. */
function misspeltNamespaces(config: Readonly<Record<string, unknown>>): string[] {
    return Object.keys(config).flatMap((key) => {
        const namespace = key.slice(0, Math.max(0, key.indexOf(":")));
        const far = namespace === "" || namespace === PROJECT || distance(namespace, PROJECT) > 3;
        return far
            ? []
            : [`${key}: the namespace ${namespace} is no program's here; did you mean "${PROJECT}"?`];
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
    const prefix = `${PROJECT}:`;
    const own = Object.entries(all)
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, value]) => decoded(key.slice(prefix.length), value));
    return parseConfig(`configuration of stack ${stack}`, Object.fromEntries(own));
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
    const found = issue.input === undefined ? "it is missing" : `found ${JSON.stringify(issue.input)}`;
    return [`${place || "(top level)"}: ${lowerFirst(issue.message)}; ${found}`];
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
