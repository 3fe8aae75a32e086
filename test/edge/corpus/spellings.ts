/**
 * Path spellings as an attacker would try them: another tenant's path, changed by operators that each apply one trick,
 * independently of the mesh's rules.
 */
import { RandomSource } from "../../support/random";

/** Bytes as latin-1 text: a request line is bytes, not characters. */
export type Spelling = string;

type Operator = (path: string, choices: RandomSource) => string;

const DOTS = [
    "..",
    ".",
    "%2e%2e",
    ".%2e",
    "%2E.",
    "%252e%252e",
    "%c0%ae%c0%ae",
    "%e0%80%ae.",
    "..%00",
    "..%20",
];
const DOTS_ALIKE = ["\u2025", "\u2024\u2024", "\uff0e\uff0e", "\ufe52\ufe52", "%u002e%u002e", "...", ". ."];
const SLASHES = ["/", "//", "%2f", "%2F", "%252f", "\\", "%5c", "%5C", "%255c", "/./", "%c0%af", "%e0%80%af"];
const SLASHES_ALIKE = ["\uff0f", "\u2215", "\u2044", "\uff3c", "\u2216", "%u2215", "%u002f", "///", "/%20/"];
const SEMICOLONS = [
    ";",
    "%3b",
    "%3B",
    ";x",
    ";x=1",
    ";a=b;c",
    "\u037e",
    "\uff1b",
    ";/",
    ";%2f",
    ";jsessionid=1",
];
const CUTS = ["#", "%23", "?", "%3f", "%3F", "%00", "%0a", "%0d%0a", "%09", "\x01", "\x7f", "%7f", "%c2%85"];
const BROKEN = [
    "%",
    "%zz",
    "%2",
    "%u0041",
    "%c3%28",
    "%ed%a0%80",
    "%f8%88%80%80%80",
    "%ff",
    "\xff",
    "\xc3\xbc",
];
const AROUND = [
    "%20",
    "+",
    ".",
    "%e2%80%8b",
    "*",
    "~",
    "|",
    "[",
    "{",
    "%7c",
    "%c3%bc",
    "!",
    "'",
    ",",
    ":",
    "@",
    "=",
];

const percent = (character: string, digits: (text: string) => string): string =>
    `%${digits(character.charCodeAt(0).toString(16).padStart(2, "0"))}`;

const FULL_WIDTH = 0xfee0;

/** Letters that case folding, compatibility normalization or a collation maps to an ASCII letter. */
const alike = (letter: string, choices: RandomSource): string => {
    const code = letter.charCodeAt(0);
    const known: Readonly<Record<string, string>> = {
        s: "\u017f",
        k: "\u212a",
        e: "\u00e9",
        a: "\u00e4",
        n: "\u00f1",
    };
    return choices.pick([
        String.fromCharCode(code + FULL_WIDTH),
        String.fromCodePoint(0x1d41a + (letter.toLowerCase().charCodeAt(0) - 97)),
        known[letter.toLowerCase()] ?? letter.toUpperCase(),
    ]);
};

function atSlash(path: string, choices: RandomSource, by: (before: string, after: string) => string): string {
    const slashes = [...path.matchAll(/\//g)].map(({ index }) => index);
    if (slashes.length === 0) return path;
    const at = choices.pick(slashes);
    return by(path.slice(0, at), path.slice(at + 1));
}

function atLetter(path: string, choices: RandomSource, by: (letter: string) => string): string {
    const letters = [...path.matchAll(/[A-Za-z]/g)].map(({ index }) => index);
    if (letters.length === 0) return path;
    const at = choices.pick(letters);
    return path.slice(0, at) + by(path.charAt(at)) + path.slice(at + 1);
}

const OPERATORS: readonly Operator[] = [
    (path, choices) => atSlash(path, choices, (a, b) => `${a}${choices.pick(SLASHES)}${b}`),
    (path, choices) => atSlash(path, choices, (a, b) => `${a}${utf8(choices.pick(SLASHES_ALIKE))}${b}`),
    (path, choices) => atSlash(path, choices, (a, b) => `${a}/x/${choices.pick(DOTS)}/${b}`),
    (path, choices) =>
        atSlash(
            path,
            choices,
            (a, b) => `${a}/x/${choices.pick(DOTS)}${utf8(choices.pick(SEMICOLONS))}/${b}`,
        ),
    (path, choices) =>
        atSlash(path, choices, (a, b) => `${a}/${choices.pick(DOTS)}${choices.pick(SLASHES)}${b}`),
    (path, choices) => atSlash(path, choices, (a, b) => `${a}/x/${utf8(choices.pick(DOTS_ALIKE))}/${b}`),
    (path, choices) => atSlash(path, choices, (a, b) => `${a}${utf8(choices.pick(SEMICOLONS))}/${b}`),
    (path, choices) =>
        atSlash(path, choices, (a, b) => `${a}${escapedIfWide(choices.pick(SLASHES_ALIKE))}${b}`),
    (path, choices) =>
        atSlash(path, choices, (a, b) => `${a}/x/${escapedIfWide(choices.pick(DOTS_ALIKE))}/${b}`),
    (path, choices) => atSlash(path, choices, (a, b) => `${a}/${choices.pick(SEMICOLONS)}${b}`),
    (path, choices) => atSlash(path, choices, (a, b) => `${a}${choices.pick(CUTS)}/${b}`),
    (path, choices) => atSlash(path, choices, (a, b) => `${a}/${choices.pick(CUTS)}${b}`),
    (path, choices) => atSlash(path, choices, (a, b) => `${a}${choices.pick(BROKEN)}/${b}`),
    (path, choices) => atSlash(path, choices, (a, b) => `${a}${choices.pick(AROUND)}/${b}`),
    (path, choices) => atSlash(path, choices, (a, b) => `${a}/${choices.pick(AROUND)}${b}`),
    (path, choices) => atLetter(path, choices, (letter) => percent(letter, (text) => text)),
    (path, choices) => atLetter(path, choices, (letter) => percent(letter, (text) => text.toUpperCase())),
    (path, choices) =>
        atLetter(path, choices, (letter) => percent(letter, (text) => text).replace("%", "%25")),
    (path, choices) => atLetter(path, choices, (letter) => utf8(alike(letter, choices))),
    (path, choices) => atLetter(path, choices, (letter) => escapedUtf8(alike(letter, choices))),
    (path, choices) => atLetter(path, choices, (letter) => letter.toUpperCase()),
    (path) => path.toUpperCase(),
    (path, choices) => `${path}${choices.pick([...CUTS, ...SEMICOLONS.map(utf8), "/", "//", "/.", "/.."])}`,
    (path, choices) => `${choices.pick(["//", "/./", "/../", "/%2e/", "/;/", "/x/..;/"])}${path.slice(1)}`,
    (path) => `http://other.example.com${path}`,
    (path) => path.replaceAll("/", "%2F").replace("%2F", "/"),
];

/** Raw UTF-8 bytes. */
function utf8(text: string): string {
    return Buffer.from(text, "utf8").toString("latin1");
}

/** Percent-encodes non-ASCII bytes. */
function escapedIfWide(text: string): string {
    return Array.from(text, (character) => (character > "\x7f" ? escapedUtf8(character) : character)).join(
        "",
    );
}

function escapedUtf8(text: string): string {
    return Array.from(Buffer.from(text, "utf8"), (byte) => `%${byte.toString(16).toUpperCase()}`).join("");
}

/**
 * `count` different spellings. Each starts as one of `bases` and is changed by one to three operators.
 *
 * @param seed the same for the same spellings
 */
export function spellings(bases: readonly string[], count: number, seed: number): Spelling[] {
    const choices = new RandomSource(seed);
    const all = new Set<Spelling>(bases);
    while (all.size < count) {
        let path = choices.pick(bases);
        for (let steps = 1 + choices.integer(3); steps > 0; steps -= 1)
            path = choices.pick(OPERATORS)(path, choices);
        // A space or a line break would end the request line: the server would parse another path.
        if (!/[ \r\n]/.test(path)) all.add(path);
    }
    return [...all];
}
