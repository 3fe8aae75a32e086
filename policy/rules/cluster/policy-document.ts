/**
 * A statement of an IAM or resource-based policy:
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
 */
import { at, fields, list, isNonEmpty, text, textAt } from "../../core/read";
import { parseYaml } from "../../core/yaml";

export interface IamStatement {
    /** Path in the document: `Statement[0]`. */
    readonly path: string;
    readonly isAllow: boolean;
    /** Identities in `Principal`, `*` for everyone; undefined in an identity-based policy. */
    readonly principals: readonly string[] | undefined;
    readonly actions: readonly string[];
    readonly resources: readonly string[];
    /** Whether it is defined by exclusion: NotAction, NotPrincipal, NotResource. */
    readonly isInverted: boolean;
    readonly condition: unknown;
}

/**
 * The statements of a document in any of its forms: text or object, one statement or many.
 * @throws UnreadableField
 */
export function statementsOf(document: unknown, path: string): readonly IamStatement[] {
    const parsed = typeof document === "string" ? parseYaml(document, path) : document;
    const statements = at(parsed, "Statement") ?? at(parsed, "statements");
    const all = Array.isArray(statements) ? statements : statements === undefined ? [] : [statements];
    return all.map((statement: unknown, index) => ({
        path: `${path}.Statement[${index}]`,
        isAllow: (textAt(statement, "Effect") ?? "Allow") === "Allow",
        principals: principalsOf(statement),
        actions: toList(at(statement, "Action")),
        resources: toList(at(statement, "Resource")),
        isInverted: ["NotAction", "NotPrincipal", "NotResource"].some((key) =>
            isNonEmpty(at(statement, key)),
        ),
        condition: at(statement, "Condition"),
    }));
}

function principalsOf(statement: unknown): readonly string[] | undefined {
    const principal = at(statement, "Principal");
    if (principal === undefined) return undefined;
    if (typeof principal === "string") return [principal];
    return Object.values(fields(principal)).flatMap(toList);
}

function toList(value: unknown): readonly string[] {
    const all = Array.isArray(value) ? list(value) : [value];
    return all.map(text).filter((item) => item !== undefined);
}

/** Whether `pattern`, with IAM's `*` and `?`, matches a value. Actions are not case-sensitive. */
export function fitsAction(pattern: string, value: string): boolean {
    const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
    return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "i").test(value);
}

/**
 * Whether a resource pattern includes all resources of a kind, in any account or region: `*`,
 * `arn:aws:iam::*:role/*`.
 */
export function isEveryResource(resource: string): boolean {
    const name = resource.startsWith("arn:") ? resource.split(":").slice(5).join(":") : resource;
    return /^([\w-]+[/:])?\**$/.test(name);
}
