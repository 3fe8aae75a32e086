/**
 * The spellings of a path that reach a service. A path is canonical if Envoy's normalization leaves it unchanged, and
 * if a framework that ignores case, strips path parameters, or decodes twice still reads the same path.
 *
 * All patterns describe the whole path after Envoy's RFC 3986 normalization (`normalize_path`), without its query.
 * They use only syntax that RE2 and JavaScript share.
 */
import type { PathForms } from "../../../catalogue/model";
import {
    type PathTemplate,
    escapeRegex,
    parsePathTemplate,
    upTo,
    writePathTemplate,
} from "../../../catalogue/path-template";

const HEX = "[0-9A-Fa-f]";
/** A continuation byte of UTF-8. */
const CONT = `%[89ABab]${HEX}`;

/** Unreserved characters and sub-delimiters of RFC 3986, except `;`. */
const PLAIN = "[A-Za-z0-9._~!$&'()*+,=:@-]";

/** Percent-encoded ASCII, except control characters, unreserved characters and `# % / ; ? \`. */
const ENCODED_ASCII = "%(?:2[01246789AaBbCc]|3[AaCcDdEe]|40|5[BbDdEe]|60|7[BbCcDd])";

/** Percent-encoded UTF-8 (RFC 3629: shortest form, no surrogates), except the control characters U+0080 to U+009F. */
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

/**
 * Characters that compatibility normalization (NFKC) or a best-fit code page turns into `/`, `\`, `.`, `..`, `;`, or a text with one
 * of them, such as `a/c`.
 */
export const SEPARATORS_ALIKE: readonly string[] = [
    0x037e, 0x2024, 0x2025, 0x2044, 0x2100, 0x2101, 0x2105, 0x2106, 0x2215, 0x2216, 0x29f5, 0x29f8, 0x29f9,
    0xfe14, 0xfe52, 0xfe54, 0xfe68, 0xff0e, 0xff0f, 0xff1b, 0xff3c,
].map((point) => String.fromCodePoint(point));

/** A reason to reject a path: its name in Envoy's log, the text for the client, and the pattern of the paths. */
export interface PathRejection {
    readonly name: string;
    readonly text: string;
    readonly pattern: string;
}

/** In the order in which Envoy evaluates them: its RBAC filter sorts policies by name. */
export function pathRejections({
    encodedSlashes = false,
    parameters = false,
}: PathForms): readonly PathRejection[] {
    const separator = encodedSlashes ? `(?:/|${SLASH})` : "/";
    const all: readonly (PathRejection & { readonly unless?: boolean })[] = [
        {
            name: "path-control-character",
            text: "the path holds an encoded control character",
            pattern: containing(`%[01]${HEX}|%7[Ff]|%[Cc]2%[89]${HEX}`),
        },
        {
            name: "path-dot-segment",
            text: "the path holds a dot segment that path parameters or encoded slashes hide",
            pattern: containing(
                // Some file systems treat ".. " as "..".
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
            pattern: containing(SEPARATORS_ALIKE.map(encodedRegex).join("|")),
        },
    ];
    return all.filter(({ unless }) => unless !== true);
}

/** The reason for other non-canonical paths: a lone percent sign, or invalid UTF-8. */
export const INVALID_ENCODING = {
    name: "path-unreadable",
    text: "the path is not in the form of RFC 3986 with UTF-8: encode other characters, each once",
} as const;

/** The pattern of canonical paths, as far as single characters go. */
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

/**
 * The pattern of paths, with a query, that are canonical in every form and that any framework reads alike: lower case,
 * no encoding, and dots only inside of a segment.
 */
export function simplePattern(): string {
    const characters = "[a-z0-9_~-]+";
    return `(?:/${characters}(?:\\.${characters})*)+(?:\\?.*)?`;
}

/** A template that decides access, as two patterns. */
export interface TemplatePatterns {
    /** As the mesh's policies match it. */
    readonly strict: string;
    /**
     * As any framework might match it: another case, a letter with an accent, parameters, encoded slashes, a trailing
     * dot.
     */
    readonly loose: string;
    /** Whether no literal of the template has an upper-case letter: every simple path that `loose` matches, `strict` does. */
    readonly isLowerCase: boolean;
}

/** A segment without the characters that an opted-in form can hide in it: `;`, `%3B`, `%2F`. */
const WHOLE_SEGMENT = `(?:[^/;%]|%(?:[014-9A-Fa-f]${HEX}|2[0-9A-Ea-e]|3[0-9AC-Fac-f]))+`;

/**
 * Characters beyond ASCII that some collation treats as a Latin letter or a digit: accents, full width, mathematical.
 */
const LETTER_ALIKE = `%[Cc][2-7]%${HEX}{2}|%[Ee][12]%${HEX}{2}%${HEX}{2}|%[Ee][Ff]%${HEX}{2}%${HEX}{2}|%[Ff]0%9[DFdf]%${HEX}{2}%${HEX}{2}`;

/** Matches paths that name a tenant where `template` does, with anything after the tenant. */
export function tenantPatterns(template: string, forms: PathForms): TemplatePatterns {
    const head = upTo(parsePathTemplate(template), "tenant");
    if (head === undefined) throw new Error(`${template} has no {tenant}: call assertCatalogue first`);
    return patternsOf(head, "(?:/.*)?", forms.ignoreCase === true);
}

/** Matches paths of requests that require a token with a certain scope. */
export function scopePatterns(template: string): TemplatePatterns {
    return patternsOf(parsePathTemplate(template), "", false);
}

function patternsOf(template: PathTemplate, tail: string, ignoresCase: boolean): TemplatePatterns {
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
    const literals = writePathTemplate(template, {
        literal: (text) => text,
        one: "",
        rest: "",
        named: () => "",
    });
    return {
        strict: `${strict}${tail}`,
        loose: `${loose}${tail === "" ? "" : `(?:(?:/|${SLASH}).*)?`}`,
        isLowerCase: literals === literals.toLowerCase(),
    };
}

/** Captures the tenant's segment as the only group, from the whole of `:path` with its query. */
export function tenantCapture(template: string, forms: PathForms): string {
    const head = upTo(parsePathTemplate(template), "tenant");
    if (head === undefined) throw new Error(`${template} has no {tenant}: call assertCatalogue first`);
    const pattern = writePathTemplate(head, {
        literal: forms.ignoreCase === true ? caseless : escapeRegex,
        one: "[^/?#]+",
        rest: "[^?#]*",
        named: () => "([^/?#]+)",
    });
    return `${pattern}(?:/[^?#]*)?`;
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

/** A character's percent-encoding, with hex digits in either case. */
function encodedRegex(character: string): string {
    return encodeURIComponent(character).replaceAll(/[A-F]/g, (digit) => `[${digit}${digit.toLowerCase()}]`);
}
