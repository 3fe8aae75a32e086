/** What a policy of IAM, or of a resource, allows: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html */
import { at, fields, list, says, text, textAt } from "../../core/read";
import { parseYaml } from "../../core/yaml";

export interface Statement {
    /** Where it is in the document: `Statement[0]`. */
    readonly path: string;
    readonly isAllow: boolean;
    /** Identities of `Principal`, `*` for everybody; undefined in a policy of a role. */
    readonly principals: readonly string[] | undefined;
    readonly actions: readonly string[];
    readonly resources: readonly string[];
    /** Whether it is written by what is left out: NotAction, NotPrincipal, NotResource. */
    readonly isInverted: boolean;
    readonly condition: unknown;
}

/** The statements of a document in any of its spellings: text or object, one statement or many. @throws UnreadableField */
export function statementsOf(document: unknown, path: string): readonly Statement[] {
    const parsed = typeof document === "string" ? parseYaml(document, path) : document;
    const statements = at(parsed, "Statement") ?? at(parsed, "statements");
    const all = Array.isArray(statements) ? statements : statements === undefined ? [] : [statements];
    return all.map((statement: unknown, index) => ({
        path: `${path}.Statement[${index}]`,
        isAllow: (textAt(statement, "Effect") ?? "Allow") === "Allow",
        principals: principalsOf(statement),
        actions: many(at(statement, "Action")),
        resources: many(at(statement, "Resource")),
        isInverted: ["NotAction", "NotPrincipal", "NotResource"].some((key) => says(at(statement, key))),
        condition: at(statement, "Condition"),
    }));
}

function principalsOf(statement: unknown): readonly string[] | undefined {
    const principal = at(statement, "Principal");
    if (principal === undefined) return undefined;
    if (typeof principal === "string") return [principal];
    return Object.values(fields(principal)).flatMap(many);
}

function many(value: unknown): readonly string[] {
    const all = Array.isArray(value) ? list(value) : [value];
    return all.map(text).filter((item) => item !== undefined);
}

/** Whether `pattern`, with IAM's `*` and `?`, fits a value. Actions are compared without regard to case. */
export function fitsAction(pattern: string, value: string): boolean {
    const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&");
    return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "i").test(value);
}

/** Whether a resource is all of a kind, in whichever account or region: `*`, `arn:aws:iam::*:role/*`. */
export function isEveryResource(resource: string): boolean {
    const name = resource.startsWith("arn:") ? resource.split(":").slice(5).join(":") : resource;
    return /^([\w-]+[/:])?\**$/.test(name);
}
