/**
 * Which spellings of a path reach a service. A path is canonical if Envoy's normalization leaves it as it is, and if a
 * framework that ignores case, cuts path parameters, or decodes twice still reads the same path in it.
 *
 * All patterns describe the path after Envoy's own RFC 3986 normalization (`normalize_path`), without its query, and
 * match the whole of it. They use only what RE2 and JavaScript read alike.
 */
import type { PathForms } from "../../catalogue/model";
import {
    type PathTemplate,
    escapeRegex,
    parsePathTemplate,
    upTo,
    writePathTemplate,
} from "../../catalogue/path-template";

const HEX = "[0-9A-Fa-f]";
/** A continuation byte of UTF-8. */
const CONT = `%[89ABab]${HEX}`;

/** Unreserved characters and sub-delimiters of RFC 3986, but for `;`. */
const PLAIN = "[A-Za-z0-9._~!$&'()*+,=:@-]";

/** Percent-encoded ASCII that is no control, no unreserved character and none of `# % / ; ? \`. */
const ENCODED_ASCII = "%(?:2[01246789AaBbCc]|3[AaCcDdEe]|40|5[BbDdEe]|60|7[BbCcDd])";

/** Percent-encoded UTF-8 (RFC 3629: shortest form, no surrogates), but for the control characters U+0080 to U+009F. */
const ENCODED_UTF8 = [
    `%[Cc]2%[ABab]${HEX}`,
    `%(?:[Cc][3-9A-Fa-f]|[Dd]${HEX})${CONT}`,
    `%[Ee]0%[ABab]${HEX}${CONT}`,
    `%[Ee](?:[1-9A-Ca-c]|[EFef])${CONT}${CONT}`,
    `%[Ee][Dd]%[89]${HEX}${CONT}`,
    `%[Ff]0%(?:9|[ABab])${HEX}${CONT}${CONT}`,
    `%[Ff][1-3]${CONT}${CONT}${CONT}`,
    `%[Ff]4%8${HEX}${CONT}${CONT}`,
].join("|");

const SLASH = "%2[Ff]";
const BACKSLASH = "(?:\\\\|%5[Cc])";
const SEMICOLON = "(?:;|%3[Bb])";

/** Characters that compatibility normalization (NFKC) or a best-fit code page turns into `/`, `\`, `.`, `..` or `;`. */
const SEPARATORS_ALIKE = [
    0x037e, 0x2024, 0x2025, 0x2044, 0x2215, 0x2216, 0x29f5, 0x29f8, 0x29f9, 0xfe52, 0xfe54, 0xfe68, 0xff0e,
    0xff0f, 0xff1b, 0xff3c,
].map((point) => encodedRegex(String.fromCodePoint(point)));

/** Why a path is refused: the name in Envoy's log, what the client reads, and the paths that it holds for. */
export interface Refusal {
    readonly name: string;
    readonly text: string;
    readonly pattern: string;
}

/** In the order in which Envoy tries them: its RBAC filter sorts policies by name. */
export function refusals({ encodedSlashes = false, parameters = false }: PathForms): readonly Refusal[] {
    const separator = encodedSlashes ? `(?:/|${SLASH})` : "/";
    const all: readonly (Refusal & { readonly unless?: boolean })[] = [
        {
            name: "path-control-character",
            text: "the path holds an encoded control character",
            pattern: containing(`%[01]${HEX}|%7[Ff]|%[Cc]2%[89]${HEX}`),
        },
        {
            name: "path-dot-segment",
            text: "the path holds a dot segment that path parameters or encoded slashes hide",
            pattern: containing(
                // Some file systems take ".. " for "..".
                `(?:/|${SLASH}|${BACKSLASH})\\.{1,2}(?:%20)*(?:/|${SLASH}|${BACKSLASH}|${SEMICOLON}|$)`,
            ),
        },
        {
            name: "path-double-encoding",
            text: "the path holds an encoded percent sign (%25)",
            pattern: containing("%25"),
        },
        {
            name: "path-empty-segment",
            text: "the path holds a segment that is empty, or nothing but spaces, dots and pluses",
            pattern: containing(
                `${separator}(?:%20|[.+])*(?:${separator}|${SEMICOLON})|${separator}(?:%20|[.+])+$`,
            ),
        },
        {
            name: "path-encoded-backslash",
            text: "the path holds a backslash",
            pattern: containing(BACKSLASH),
        },
        {
            name: "path-encoded-delimiter",
            text: "the path holds an encoded ? or # (%3F, %23)",
            pattern: containing("%3[Ff]|%23"),
        },
        {
            name: "path-encoded-slash",
            text: "the path holds an encoded slash (%2F), which this host does not take",
            pattern: containing(SLASH),
            unless: encodedSlashes,
        },
        {
            name: "path-parameter",
            text: "the path holds a path parameter (;), which this host does not take",
            pattern: containing(SEMICOLON),
            unless: parameters,
        },
        {
            name: "path-separator-alike",
            text: "the path holds a character that some programs read as a slash, a dot or a semicolon",
            pattern: containing(SEPARATORS_ALIKE.join("|")),
        },
    ];
    return all.filter(({ unless }) => unless !== true);
}

/** The name and text for what is not canonical for no reason above: a percent sign alone, UTF-8 that is none. */
export const UNREADABLE = {
    name: "path-unreadable",
    text: "the path is not in the form of RFC 3986 with UTF-8: encode other characters, each once",
} as const;

/** The paths that are canonical, as far as single characters go. */
export function canonicalPattern({ encodedSlashes = false, parameters = false }: PathForms): string {
    const character = [
        PLAIN,
        ENCODED_ASCII,
        ENCODED_UTF8,
        ...(encodedSlashes ? [SLASH] : []),
        ...(parameters ? [SEMICOLON] : []),
    ].join("|");
    return `(?:/(?:${character})+)*/?`;
}

/** A template on which a decision rests, in two readings. */
export interface Reading {
    /** As the mesh's policies read it. */
    readonly strict: string;
    /** As any framework might: another case, a letter with an accent, parameters, encoded slashes, a dot at the end. */
    readonly loose: string;
}

/** A segment without what an opted-in form may hide in it: `;`, `%3B`, `%2F`. */
const WHOLE_SEGMENT = `(?:[^/;%]|%(?:[014-9A-Fa-f]${HEX}|2[0-9A-Ea-e]|3[0-9AC-Fac-f]))+`;

/** Characters beyond ASCII that some collation takes for a Latin letter or a digit: accents, full width, mathematical. */
const LETTER_ALIKE = `%[Cc][2-7]%${HEX}{2}|%[Ee][12]%${HEX}{2}%${HEX}{2}|%[Ee][Ff]%${HEX}{2}%${HEX}{2}|%[Ff]0%9[DFdf]%${HEX}{2}%${HEX}{2}`;

/** Paths that name a tenant where `template` does; whatever follows the tenant. */
export function tenantReading(template: string, forms: PathForms): Reading {
    const head = upTo(parsePathTemplate(template), "tenant");
    if (head === undefined) throw new Error(`${template} holds no {tenant}: run assertCatalogue first`);
    return readingOf(head, "(?:/.*)?", forms.ignoreCase === true);
}

/** Paths of requests that only a token with a certain scope may make. */
export function scopeReading(template: string): Reading {
    return readingOf(parsePathTemplate(template), "", false);
}

function readingOf(template: PathTemplate, tail: string, ignoresCase: boolean): Reading {
    const strict = writePathTemplate(template, {
        literal: ignoresCase ? caseless : escapeRegex,
        one: WHOLE_SEGMENT,
        rest: ".*",
        named: () => WHOLE_SEGMENT,
    });
    const loose = writePathTemplate(template, {
        literal: (text) => `${alike(text)}(?:\\.|%20|\\+)*(?:${SEMICOLON}[^/]*)?`,
        one: "[^/]+",
        rest: ".*",
        named: () => "[^/]+",
        separator: `(?:/|${SLASH})`,
    });
    return { strict: `${strict}${tail}`, loose: `${loose}${tail === "" ? "" : `(?:(?:/|${SLASH}).*)?`}` };
}

/** The tenant's segment as the only group, for the whole of `:path` with its query. */
export function tenantCapture(template: string, forms: PathForms): string {
    const head = upTo(parsePathTemplate(template), "tenant");
    if (head === undefined) throw new Error(`${template} holds no {tenant}: run assertCatalogue first`);
    const own = writePathTemplate(head, {
        literal: forms.ignoreCase === true ? caseless : escapeRegex,
        one: "[^/?#]+",
        rest: "[^?#]*",
        named: () => "([^/?#]+)",
    });
    return `${own}(?:/[^?#]*)?`;
}

function caseless(text: string): string {
    return Array.from(text, (character) => {
        const both = new Set([character.toLowerCase(), character.toUpperCase()]);
        return both.size === 1 ? escapeRegex(character) : `[${[...both].join("")}]`;
    }).join("");
}

function alike(text: string): string {
    return Array.from(text, (character) =>
        /[A-Za-z0-9]/.test(character) ? `(?:${caseless(character)}|${LETTER_ALIKE})` : escapeRegex(character),
    ).join("");
}

function containing(pattern: string): string {
    return `.*(?:${pattern}).*`;
}

/** A character's percent-encoding, in any case of its digits. */
function encodedRegex(character: string): string {
    return encodeURIComponent(character).replaceAll(/[A-F]/g, (digit) => `[${digit}${digit.toLowerCase()}]`);
}
