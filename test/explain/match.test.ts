import assert from "node:assert/strict";
import { matchesDnsName, matchesPath, matchesString, selects } from "../../cli/lib/evaluate/match";

describe("mesh explain's evaluation of patterns", () => {
    const cases: [(pattern: string, value: string) => boolean, string, string, boolean][] = [
        [matchesString, "*", "", false],
        [matchesString, "a*", "abc", true],
        [matchesString, "*c", "abc", true],
        [matchesString, "a", "abc", false],
        [matchesPath, "/v1/{*}", "/v1/a", true],
        [matchesPath, "/v1/{*}", "/v1/a/b", false],
        [matchesPath, "/v1/{*}", "/v1/", false],
        [matchesPath, "/v1/{**}", "/v1/a/b", true],
        [matchesPath, "/v1/{**}", "/v1", false],
        [matchesPath, "/{*}/x/{**}", "/t/x/", true],
        [matchesPath, "/v1/*", "/v1/a/b", true],
        [matchesPath, "/v1", "/v1?x=/v2", true],
        [matchesDnsName, "*.example.com", "a.example.com", true],
        [matchesDnsName, "*.example.com", "example.com", false],
        [matchesDnsName, "*", "example.com", true],
    ];
    for (const [match, pattern, value, expected] of cases) {
        it(`${match.name} ${pattern} ${expected ? "matches" : "does not match"} "${value}"`, () => {
            assert.equal(match(pattern, value), expected);
        });
    }

    it("evaluates Kubernetes' matchExpressions", () => {
        const of = (operator: string, values?: string[]) =>
            selects(
                { matchExpressions: [{ key: "app", operator, ...(values ? { values } : {}) }] },
                { app: "a" },
            );
        assert.deepEqual(
            [of("In", ["a"]), of("In", ["b"]), of("NotIn", ["a"]), of("Exists"), of("DoesNotExist")],
            [true, false, false, true, false],
        );
    });
});
