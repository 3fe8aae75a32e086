/** Converts zod's issues to problems: where, what is wrong, and how to fix it. */
import { z } from "zod";
import { compare } from "../order";
import { didYouMean, list, type Problem } from "../checks/problem";
import { renamedTo } from "./renamed";

/** The maximum length of a quoted value, in characters. */
const MAX_QUOTED = 60;

/** The problems of `value` by `schema`, sorted by path; empty if it is valid. */
export function schemaProblems(schema: z.ZodType, value: unknown): Problem[] {
    const result = schema.safeParse(value, { error: messageOf, reportInput: true });
    if (result.success) return [];
    return result.error.issues.flatMap(problemsOf).sort((a, b) => compare(a.where, b.where));
}

/** `services.video.calls[2].timeout` */
export function placeOf(path: readonly PropertyKey[]): string {
    const place = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${String(step)}`)).join("");
    return place.replace(/^\./, "") || "the catalogue";
}

function problemsOf(issue: z.core.$ZodIssue): Problem[] {
    // Two lines, whether they come from the schema (`isNot`) or from `messageOf`.
    const [message = "", remedy = ""] = issue.message.split("\n");
    const where = placeOf(issue.path);
    if (issue.code === "unrecognized_keys") {
        const known = message.split(" ").filter((key) => key !== "");
        return issue.keys.map((key) => unknownKey(key, known, placeOf([...issue.path, key])));
    }
    const actual = valueAt(issue);
    if (actual === undefined) {
        return [{ rule: "missing-value", where, message: `${where} is missing`, remedy }];
    }
    return [
        {
            rule: RULES[issue.code] ?? "malformed-value",
            where,
            message: `${quoted(actual)} ${message}`,
            remedy,
        },
    ];
}

function unknownKey(key: string, known: readonly string[], where: string): Problem {
    const newName = renamedTo(key, known);
    if (newName !== undefined) {
        const message = `${key} was renamed to ${newName}`;
        return { rule: "renamed-key", where, message, remedy: `Write ${newName} instead of ${key}.` };
    }
    return {
        rule: "unknown-key",
        where,
        message: `${key} is not a known key`,
        remedy: `${didYouMean(key, known, "Remove it.")} Known keys: ${list(known) || "none"}.`,
    };
}

const RULES: Partial<Record<z.core.$ZodIssue["code"], string>> = {
    invalid_type: "wrong-type",
    invalid_value: "unknown-value",
    invalid_union: "unknown-value",
};

/** The message of an issue for which the schema does not define one. */
function messageOf(issue: z.core.$ZodRawIssue): string | undefined {
    switch (issue.code) {
        case "unrecognized_keys":
            return issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape).sort().join(" ") : "";
        case "invalid_type":
            return wrongType(issue.input, issue.expected, descriptionOf(issue.inst));
        case "invalid_value":
            return notOneOf(issue.input, issue.values);
        case "invalid_union":
            return notOneOf(valueAt(issue), Array.isArray(issue["options"]) ? issue["options"] : []);
        case "too_small":
        case "too_big":
            return `is out of range\nUse a number from ${Number.MIN_SAFE_INTEGER} to ${Number.MAX_SAFE_INTEGER}.`;
        // The schema defines a message for each of these rules.
        case "invalid_format":
        case "custom":
        case "not_multiple_of":
        case "invalid_key":
        case "invalid_element":
            return undefined;
    }
}

/** The value at the issue's path; of a union, its discriminator. */
function valueAt(issue: { readonly code?: string | undefined; readonly input?: unknown }): unknown {
    const discriminator = "discriminator" in issue ? issue.discriminator : undefined;
    const { input } = issue;
    if (typeof discriminator !== "string" || typeof input !== "object" || input === null) return input;
    return (input as Readonly<Record<string, unknown>>)[discriminator];
}

function notOneOf(value: unknown, values: readonly unknown[]): string {
    const names = values.map(String);
    const all = `Use one of ${list(names, "or")}.`;
    return `is not one of ${list(names)}\n${typeof value === "string" ? didYouMean(value, names, all) : all}`;
}

const EXPECTED: Readonly<Record<string, string>> = {
    string: "text",
    number: "a number",
    int: "a whole number",
    boolean: "true or false",
    array: "a list",
    object: "an object",
    record: "an object",
};

function wrongType(value: unknown, expected: string, description: string): string {
    const expectedType = EXPECTED[expected] ?? expected;
    if (value === undefined) return `is missing\nSet it to ${expectedType}. ${description}`.trimEnd();
    const bare = typeof value === "string" && isBare(value, expected);
    return `is ${kindOf(value)}, not ${expectedType}\n${bare ? `Write ${value} without quotes.` : `Write ${expectedType}.`}`;
}

/** Whether the text would have the expected type without quotes. */
function isBare(text: string, expected: string): boolean {
    if (expected === "boolean") return text === "true" || text === "false";
    return (expected === "number" || expected === "int") && /^-?\d+(\.\d+)?$/.test(text);
}

function kindOf(value: unknown): string {
    if (value === null) return "null";
    if (Array.isArray(value)) return "a list";
    return typeof value === "string"
        ? "text"
        : `a${/^[aeiou]/.test(typeof value) ? "n" : ""} ${typeof value}`;
}

function descriptionOf(schema: unknown): string {
    return schema instanceof z.ZodType ? (schema.description ?? "") : "";
}

function quoted(value: unknown): string {
    const json = JSON.stringify(value) as string | undefined;
    const text = typeof value === "number" || json === undefined ? String(value) : json;
    return text.length <= MAX_QUOTED ? text : `${text.slice(0, MAX_QUOTED - 1)}…`;
}
