import assert from "node:assert/strict";
import * as fc from "fast-check";
import { covers } from "../../../catalogue/requests";
import { narrowed, type UriMatch, uriMatch } from "../../../components/shared/routing/paths";

const literal = fc.constantFrom("v1", "items", "a.b", "x+y", "~");
const template = fc
    .tuple(fc.array(fc.oneof(literal, fc.constant("{*}")), { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([segments, rest]) => `/${[...segments, ...(rest ? ["{**}"] : [])].join("/")}` as const);
const path = fc
    .array(fc.oneof(literal, fc.constant("aXb"), fc.constant("")), { minLength: 1, maxLength: 6 })
    .map((segments) => `/${segments.join("/")}` as const);

function matches(match: UriMatch, requestPath: string): boolean {
    if ("exact" in match) return match.exact === requestPath;
    if ("prefix" in match) return requestPath.startsWith(match.prefix);
    // Envoy's regular expressions match the whole path.
    return new RegExp(`^(?:${match.regex})$`).test(requestPath);
}

describe("a path of the catalogue", () => {
    it("matches the same requests in a route as in a policy", () => {
        fc.assert(
            fc.property(template, path, (templatePath, requestPath) => {
                assert.equal(
                    matches(uriMatch(templatePath), requestPath),
                    covers(`GET ${templatePath}`, `GET ${requestPath}`),
                );
            }),
            { numRuns: 2_000 },
        );
    });

    it("uses the cheapest kind of match", () => {
        assert.deepEqual(uriMatch("/v1/items"), { exact: "/v1/items" });
        assert.deepEqual(uriMatch("/hls/{**}"), { prefix: "/hls/" });
        assert.deepEqual(uriMatch("/v1.0/{*}/x"), { regex: "/v1\\.0/[^/]+/x" });
    });
});

describe("the part of a path below another", () => {
    it("matches what both match", () => {
        const under = fc
            .array(literal, { minLength: 1, maxLength: 3 })
            .map((segments) => `/${segments.join("/")}`);
        fc.assert(
            fc.property(template, under, path, (prefix, below, requestPath) => {
                const parts = narrowed(prefix, below) ?? [];
                const within = requestPath === below || requestPath.startsWith(`${below}/`);
                assert.equal(
                    parts.some((part) => matches(uriMatch(part), requestPath)),
                    within && matches(uriMatch(prefix), requestPath),
                    `${prefix} below ${below}: ${parts.join(" ")}`,
                );
            }),
            { numRuns: 5_000 },
        );
    });
});
