/** ESLint's side of vocabulary.yml: its patterns as options of rules that ESLint has. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";

const { rules } = parse(readFileSync(new URL("../vocabulary.yml", import.meta.url), "utf8"));

/** Parts of names (asked, isAsked, ASKED) that are rejected, and what to write instead. `getOwn` and `circuitBreaker` are right. */
const PARTS = [
    ["ask|asks|asked|asking|askings", "call, request, query, require"],
    ["whom|whoever", "caller, callee, client"],
    ["own", "nothing, or say whose it is"],
    ["told|tell|tells|said|says", "report, return, declare"],
    ["patience", "timeout, with its unit"],
    ["stranger|strangers|unmeshed", "unknownWorkload, outsideMesh"],
    ["anew|beside", "again, nextTo"],
    ["settle|settled", "propagated, resolved"],
    ["judge|judges|judged|judging", "evaluate, assess, check"],
    ["breaker|breakers", "circuitBreaker"],
];

function inNames(words) {
    const upper = words
        .split("|")
        .map((word) => word[0].toUpperCase() + word.slice(1))
        .join("|");
    return `/^(?:${words})(?![a-z])|(?:^|[a-z0-9])(?<![Cc]ircuit|get|has)(?:${upper})(?![a-z])|(?:^|_)(?:${words.toUpperCase()})(?:_|$)/`;
}

const texts = rules.flatMap(({ expected, patterns }) =>
    patterns.map((pattern) => {
        const message = `Write: ${expected} (vocabulary.yml).`;
        return [
            { selector: `Literal[value=${pattern}]`, message },
            { selector: `TemplateElement[value.raw=${pattern}]`, message },
        ];
    }),
);

const names = PARTS.map(([words, expected]) => ({
    // What a library named is read as a member.
    selector: `:not(MemberExpression) > Identifier[name=${inNames(words)}]`,
    message: `Name it: ${expected} (scripts/vocabulary.mjs).`,
}));

/** Options of ESLint's `no-restricted-syntax`. */
export const RESTRICTED_SYNTAX = [...texts.flat(), ...names];

/** Options of ESLint's `no-warning-comments`. */
export const RESTRICTED_COMMENTS = {
    terms: "ask asks asked asking whom whoever anew beside besides likewise lest nobody somebody told tells".split(
        " ",
    ),
    location: "anywhere",
};
