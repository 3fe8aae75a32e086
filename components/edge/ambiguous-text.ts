/**
 * Characters beyond ASCII for which two programs may treat a name as different ones: `trim` and `strip` remove some spaces, people see
 * no invisible ones, and compatibility normalization (NFKC) turns others into separators.
 */
import { SEPARATORS_ALIKE } from "../shared/envoy/path-forms";

type Range = readonly [first: number, last: number];

/** Unicode's categories Cc, Cf and Z below U+10000, and letters and marks that have no glyph. */
const UNSEEN: readonly Range[] = [
    [0x0080, 0x00a0],
    [0x00ad, 0x00ad],
    [0x034f, 0x034f],
    [0x0600, 0x0605],
    [0x061c, 0x061c],
    [0x06dd, 0x06dd],
    [0x070f, 0x070f],
    [0x0890, 0x0891],
    [0x08e2, 0x08e2],
    [0x115f, 0x1160],
    [0x1680, 0x1680],
    [0x17b4, 0x17b5],
    [0x180b, 0x180f],
    [0x2000, 0x200f],
    [0x2028, 0x202f],
    [0x205f, 0x206f],
    [0x2800, 0x2800],
    [0x3000, 0x3000],
    [0x3164, 0x3164],
    [0xfe00, 0xfe0f],
    [0xfeff, 0xfeff],
    [0xffa0, 0xffa0],
    [0xfff0, 0xffff],
];

/** Full-width and small forms of `%` and `,`. */
const DELIMITERS_ALIKE: readonly number[] = [0xff05, 0xfe6a, 0xff0c, 0xfe50];

/** Private use and tags: U+E000 to U+F8FF, and everything from U+C0000. Surrogates, which are no characters. */
const WHOLE_BLOCKS = ["\\xee", "\\xef[\\x80-\\xa3]", "[\\xf3\\xf4]", "\\xed[\\xa0-\\xbf]"];

/** Matches a text with such a character, byte by byte: Envoy's RE2 reads Latin-1. */
export const AMBIGUOUS_TEXT = `(?s).*(?:${[...WHOLE_BLOCKS, ...bytesOf(points())].join("|")}).*`;

function points(): number[] {
    const unseen = UNSEEN.flatMap(([first, last]) =>
        Array.from({ length: last - first + 1 }, (_, index) => first + index),
    );
    const alike = SEPARATORS_ALIKE.map((character) => character.codePointAt(0) ?? 0);
    return [...unseen, ...DELIMITERS_ALIKE, ...alike];
}

/** One pattern for all characters that differ in the last byte only. */
function bytesOf(all: readonly number[]): string[] {
    const byPrefix = new Map<string, Set<string>>();
    for (const point of [...all].sort((a, b) => a - b)) {
        const bytes = Array.from(
            Buffer.from(String.fromCodePoint(point)),
            (byte) => `\\x${byte.toString(16)}`,
        );
        const prefix = bytes.slice(0, -1).join("");
        byPrefix.set(prefix, (byPrefix.get(prefix) ?? new Set()).add(bytes.at(-1) ?? ""));
    }
    return [...byPrefix].map(([prefix, last]) => `${prefix}[${[...last].join("")}]`);
}
