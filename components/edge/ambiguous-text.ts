/**
 * Characters beyond ASCII for which two programs may treat a name as different ones: `trim` and `strip` remove some spaces, people see
 * no invisible ones, and compatibility normalization (NFKC) turns others into separators.
 */
import { SEPARATORS_ALIKE } from "../shared/envoy/path-forms";

type Range = readonly [first: number, last: number];

/** Unicode's categories Cc, Cf and Z, and letters and marks that have no glyph. */
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
    [0x110bd, 0x110bd],
    [0x110cd, 0x110cd],
    [0x13430, 0x1343f],
    [0x1bca0, 0x1bca3],
    [0x1d173, 0x1d17a],
];

/** Characters that NFKC turns into text with a character that no tenant's name has, other than `SEPARATORS_ALIKE`. */
const DELIMITERS_ALIKE: readonly Range[] = [
    [0x2047, 0x2049],
    [0xfe10, 0xfe10],
    [0xfe16, 0xfe16],
    [0xfe37, 0xfe38],
    [0xfe47, 0xfe48],
    [0xfe50, 0xfe50],
    [0xfe56, 0xfe56],
    [0xfe5b, 0xfe5c],
    [0xfe5f, 0xfe5f],
    [0xfe64, 0xfe65],
    [0xfe6a, 0xfe6a],
    [0xff02, 0xff03],
    [0xff05, 0xff05],
    [0xff07, 0xff07],
    [0xff0c, 0xff0c],
    [0xff1c, 0xff1c],
    [0xff1e, 0xff1f],
    [0xff3b, 0xff3b],
    [0xff3d, 0xff3d],
    [0xff5b, 0xff5b],
    [0xff5d, 0xff5d],
    [0x1f101, 0x1f10a],
];

/** Blocks of many characters, and their UTF-8. Surrogates, which are no characters, and private use; unassigned, tags, private use. */
const BLOCKS: readonly { readonly range: Range; readonly utf8: readonly string[] }[] = [
    {
        range: [0xd800, 0xf8ff],
        utf8: ["\\xed[\\xa0-\\xbf][\\x80-\\xbf]", "\\xee[\\x80-\\xbf]{2}", "\\xef[\\x80-\\xa3][\\x80-\\xbf]"],
    },
    { range: [0xc0000, 0x10ffff], utf8: ["[\\xf3\\xf4][\\x80-\\xbf]{3}"] },
];

/**
 * The unseen characters up to U+00FF, after any other character. As Latin-1, this is a byte that continues a character, but after the
 * start, ASCII, or the last byte of a character.
 */
const UNSEEN_IN_LATIN1 = `(?:^|[\\x00-\\x7f]|[^\\x00-\\xff]|${pointsOf([0xa1, 0xff])
    .filter((point) => point !== 0xad)
    .map(characterOf)
    .join("|")})[\\x80-\\xa0\\xad]`;

/**
 * Matches a text with such a character. Envoy's RE2 reads text and patterns as Latin-1, that is byte by byte, or as UTF-8: by its
 * version and the runtime guard `envoy.reloadable_features.re2_use_latin1_mode`. The pattern is right in both. Some parts of it match
 * bytes; others, which match no valid text as Latin-1, characters. YAML does not allow control characters, so it has none.
 *
 * In UTF-8, the parts for bytes also match what results if a program decodes such a character as Latin-1: `ï»¿`.
 */
export const AMBIGUOUS_TEXT = ambiguousText();

function ambiguousText(): string {
    const alike = SEPARATORS_ALIKE.map((character) => character.codePointAt(0) ?? 0);
    const single = [...UNSEEN, ...DELIMITERS_ALIKE, ...alike.map((point): Range => [point, point])];
    const parts = [
        UNSEEN_IN_LATIN1,
        othersBeyondLatin1([...single, ...BLOCKS.map(({ range }) => range)]),
        ...bytesOf(single.flatMap(pointsOf)),
        ...BLOCKS.flatMap(({ utf8 }) => utf8),
    ];
    return `(?s).*(?:${parts.join("|")}).*`;
}

/** Complements all other characters: as Latin-1, the class contains no byte, whatever it lists after U+00FF. */
function othersBeyondLatin1(ambiguous: readonly Range[]): string {
    let next = 0x100;
    const others: string[] = [];
    for (const [first, last] of [...ambiguous].sort(([a], [b]) => a - b)) {
        if (first > next) others.push(`${characterOf(next)}-${characterOf(first - 1)}`);
        next = Math.max(next, last + 1);
    }
    return `[^\\x00-\\xff${others.join("")}]`;
}

/** One pattern for all characters that differ in the last byte only. */
function bytesOf(points: readonly number[]): string[] {
    const byPrefix = new Map<string, Set<string>>();
    for (const point of [...points].sort((a, b) => a - b)) {
        const bytes = Array.from(Buffer.from(characterOf(point)), (byte) => `\\x${byte.toString(16)}`);
        const prefix = bytes.slice(0, -1).join("");
        byPrefix.set(prefix, (byPrefix.get(prefix) ?? new Set()).add(bytes.at(-1) ?? ""));
    }
    return [...byPrefix].map(([prefix, last]) => `${prefix}[${[...last].join("")}]`);
}

function characterOf(point: number): string {
    return String.fromCodePoint(point);
}

function pointsOf([first, last]: Range): number[] {
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
