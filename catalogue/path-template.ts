/**
 * The grammar of path templates, parsed once: `/v1/alerts/{*}`, `/files/{**}`, `/v1/tenants/{tenant}`.
 *
 * A template is a list of segments. `{*}` stands for exactly one segment that is not empty, `{**}` (last only) for
 * everything that follows its slash, and `{name}` for one segment whose value is read.
 */

export type Segment =
    | { readonly kind: "literal"; readonly text: string }
    | { readonly kind: "one" }
    | { readonly kind: "rest" }
    | { readonly kind: "named"; readonly name: string };

export type PathTemplate = readonly Segment[];

const NAMED = /^\{([a-z]+)\}$/;

/** @param path a template with its leading slash */
export function parsePathTemplate(path: string): PathTemplate {
    return path.split("/").slice(1).map(parseSegment);
}

function parseSegment(text: string): Segment {
    if (text === "{*}") return { kind: "one" };
    if (text === "{**}") return { kind: "rest" };
    const name = NAMED.exec(text)?.[1];
    return name === undefined ? { kind: "literal", text } : { kind: "named", name };
}

/** How to write each kind of segment in another notation, such as a regular expression. */
export interface Notation {
    readonly literal: (text: string) => string;
    readonly one: string;
    readonly rest: string;
    readonly named: (name: string) => string;
    /** @default "/" */
    readonly separator?: string;
}

/** Writes a template in another notation. Its leading slash becomes the first separator. */
export function writePathTemplate(template: PathTemplate, notation: Notation): string {
    const { separator = "/" } = notation;
    return template.map((segment) => `${separator}${writeSegment(segment, notation)}`).join("");
}

function writeSegment(segment: Segment, notation: Notation): string {
    switch (segment.kind) {
        case "literal":
            return notation.literal(segment.text);
        case "one":
            return notation.one;
        case "rest":
            return notation.rest;
        case "named":
            return notation.named(segment.name);
    }
}

const TEXT = { one: "{*}", rest: "{**}", literal: (text: string) => text };

/** A template in the catalogue's notation. */
export function pathOf(template: PathTemplate): string {
    return writePathTemplate(template, { ...TEXT, named: (name) => `{${name}}` });
}

/** The path with `{*}` in place of its one named segment, which must be called `name`; undefined otherwise. */
export function withWildcardFor(path: string, name: string): string | undefined {
    const template = parsePathTemplate(path);
    const names = template.flatMap((segment) => (segment.kind === "named" ? segment.name : []));
    if (names.length !== 1 || names[0] !== name) return undefined;
    return writePathTemplate(template, { ...TEXT, named: () => TEXT.one });
}

/** Whether two segments are identical. */
export function isSameSegment(a: Segment, b: Segment): boolean {
    return pathOf([a]) === pathOf([b]);
}

/** The segments up to and including the one called `name`; undefined if there is none. */
export function upTo(template: PathTemplate, name: string): PathTemplate | undefined {
    const end = template.findIndex((segment) => segment.kind === "named" && segment.name === name);
    return end === -1 ? undefined : template.slice(0, end + 1);
}

/** Escapes text for a regular expression, for RE2 and JavaScript. */
export function escapeRegex(text: string): string {
    return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
