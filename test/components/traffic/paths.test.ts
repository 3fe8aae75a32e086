import assert from "node:assert/strict";
import * as fc from "fast-check";
import { covers } from "../../../catalogue/requests";
import { narrowed, type UriMatch, uriMatch } from "../../../components/base/paths";

const literal = fc.constantFrom("v1", "items", "a.b", "x+y", "~");
const template = fc
    .tuple(fc.array(fc.oneof(literal, fc.constant("{*}")), { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([segments, rest]) => `/${[...segments, ...(rest ? ["{**}"] : [])].join("/")}` as const);
const path = fc
    .array(fc.oneof(literal, fc.constant("aXb"), fc.constant("")), { minLength: 1, maxLength: 6 })
    .map((segments) => `/${segments.join("/")}` as const);

function matches(match: UriMatch, asked: string): boolean {
    if ("exact" in match) return match.exact === asked;
    if ("prefix" in match) return asked.startsWith(match.prefix);
    // Envoy's regular expressions match the whole of a path.
    return new RegExp(`^(?:${match.regex})$`).test(asked);
}

describe("a path of the catalogue", () => {
    it("is matched by a route as a policy matches it", () => {
        fc.assert(
            fc.property(template, path, (own, asked) => {
                assert.equal(matches(uriMatch(own), asked), covers(`GET ${own}`, `GET ${asked}`));
            }),
            { numRuns: 2_000 },
        );
    });

    it("is matched in the cheapest way there is", () => {
        assert.deepEqual(uriMatch("/v1/items"), { exact: "/v1/items" });
        assert.deepEqual(uriMatch("/hls/{**}"), { prefix: "/hls/" });
        assert.deepEqual(uriMatch("/v1.0/{*}/x"), { regex: "/v1\\.0/[^/]+/x" });
    });
});

describe("the part of a path below another", () => {
    it("is what both stand for", () => {
        const under = fc
            .array(literal, { minLength: 1, maxLength: 3 })
            .map((segments) => `/${segments.join("/")}`);
        fc.assert(
            fc.property(template, under, path, (own, below, asked) => {
                const parts = narrowed(own, below) ?? [];
                const within = asked === below || asked.startsWith(`${below}/`);
                assert.equal(
                    parts.some((part) => matches(uriMatch(part), asked)),
                    within && matches(uriMatch(own), asked),
                    `${own} below ${below}: ${parts.join(" ")}`,
                );
            }),
            { numRuns: 5_000 },
        );
    });
});
