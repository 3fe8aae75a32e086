import * as assert from "node:assert/strict";

import * as fc from "fast-check";

import type { Request } from "../../catalogue/model";
import { covers, isPath, overlap, requestLine } from "../../catalogue/requests";

describe("request patterns", () => {
    it("are parsed into method and path", () => {
        assert.deepEqual(requestLine("GET /v1/{*}"), { verb: "GET", path: "/v1/{*}" });
    });

    const cases: [a: Request, b: Request, aCoversB: boolean, bCoversA: boolean, overlapping: boolean][] = [
        ["GET /a", "GET /a", true, true, true],
        ["GET /a", "POST /a", false, false, false],
        ["GET /a", "GET /b", false, false, false],
        ["GET /{*}", "GET /a", true, false, true],
        ["GET /{*}", "GET /", false, false, false],
        ["GET /{*}", "GET /a/b", false, false, false],
        ["GET /{**}", "GET /", true, false, true],
        ["GET /{**}", "GET /a/b", true, false, true],
        ["GET /{**}", "GET /{*}", true, false, true],
        ["GET /a/{**}", "GET /a", false, false, false],
        ["GET /a/{*}", "GET /{*}/b", false, false, true],
        ["GET /a/{*}/c", "GET /{*}/b/{**}", false, false, true],
        ["GET /a/{*}", "GET /b/{**}", false, false, false],
    ];
    for (const [a, b, aCoversB, bCoversA, overlapping] of cases) {
        it(`compares ${a} and ${b}`, () => {
            assert.deepEqual([covers(a, b), covers(b, a)], [aCoversB, bCoversA]);
            assert.deepEqual([overlap(a, b), overlap(b, a)], [overlapping, overlapping]);
        });
    }

    // Compares with the definition, over all concrete paths that such short patterns can distinguish.
    const segment = fc.constantFrom("a", "b", "{*}");
    const pattern = fc
        .tuple(fc.array(segment, { maxLength: 3 }), fc.constantFrom("", "a", "{*}", "{**}"))
        .map(([segments, last]): Request => `GET /${[...segments, last].join("/")}`)
        .filter((request) => isPath(requestLine(request).path));
    const concrete = pathsUpTo(5);

    it("match the same paths as a regular expression", () => {
        fc.assert(
            fc.property(pattern, pattern, (a, b) => {
                const ofA = concrete.filter((path) => matches(a, path));
                const ofB = new Set(concrete.filter((path) => matches(b, path)));
                assert.equal(
                    overlap(a, b),
                    ofA.some((path) => ofB.has(path)),
                    `overlap of ${a} and ${b}`,
                );
                assert.equal(
                    covers(b, a),
                    ofA.every((path) => ofB.has(path)),
                    `${b} covers ${a}`,
                );
            }),
            { numRuns: 500 },
        );
    });
});

/** A template as a regular expression, like in Envoy. */
function matches(pattern: Request, path: string): boolean {
    const source = requestLine(pattern).path.replace("{**}", ".*").replaceAll("{*}", "[^/]+");
    return new RegExp(`^${source}$`).test(path);
}

/** All paths of up to `length` segments a, b and c, of which patterns use two; the last segment may be empty. */
function pathsUpTo(length: number): string[] {
    let paths = [""];
    const all: string[] = [];
    for (let count = 0; count < length; count += 1) {
        all.push(...paths.map((path) => `${path}/`));
        paths = paths.flatMap((path) => ["a", "b", "c"].map((name) => `${path}/${name}`));
        all.push(...paths);
    }
    return all;
}
