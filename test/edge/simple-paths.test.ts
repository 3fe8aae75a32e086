/** Simple paths skip the filter that rejects non-canonical paths: no policy of that filter would have rejected them. */
import assert from "node:assert/strict";
import { canonicalPaths } from "../../components/shared/envoy/canonical-paths";
import {
    type TemplatePatterns,
    canonicalPattern,
    pathRejections,
    scopePatterns,
    simplePattern,
    tenantPatterns,
} from "../../components/shared/envoy/path-forms";
import { type RandomSource, randomSource } from "../support/random";

const PATHS = 20_000;
/** Each form of the grammar: literals with dots and dashes, one segment, the rest, a name; at the start, inside and at the end. */
const TENANTS = [
    "/v1/tenants/{tenant}",
    "/{tenant}",
    "/{tenant}/files/{**}",
    "/hls/{tenant}/{*}/{**}",
    "/v1/{*}/of/{tenant}/x",
    "/.well-known/{tenant}",
    "/a.b-c_d~e/{tenant}",
];
const SCOPES = [
    "/v1/users",
    "/v1/users/",
    "/v1/users/{*}",
    "/v1/{*}/exports",
    "/v1/{*}/{*}",
    "/files/{**}",
    "/{**}",
    "/.well-known/jwks.json",
    "/v1/{tenant}/users",
];
const FORMS = [{}, { encodedSlashes: true }, { parameters: true }, { ignoreCase: true }];

/** What is simple, and what a rule of the filter is about. */
const FRAGMENTS = [
    ...["/", "/", "/v1", "/tenants", "/Tenants", "/v1/tenants/", "/users", "/files", "/hls/", "/of/", "acme"],
    ...["globex", "7", "a_b", "a-b", "~", ".", "..", ".m3u8", ";", "%2e", "%2F", "%5c", "\\", "%25", "%00"],
    ...["%C3%A9", "+", "%20", "?", "?x=/../;"],
];
const SEGMENTS = ["acme", "globex", "7", "a.b", "a_b-c~d", "Acme", "x;y", "%61", "", "."];

const whole = (pattern: string) => new RegExp(`^(?:${pattern})$`);

/** A path of a template, with a change in most cases; or one of fragments. */
function target(random: RandomSource): string {
    const fragments = (count: number) => Array.from({ length: count }, () => random.pick(FRAGMENTS)).join("");
    if (random.integer(3) === 0) return fragments(1 + random.integer(6));
    const path = random.pick([...TENANTS, ...SCOPES]).replaceAll(/\{[a-z*]+\}/g, () => random.pick(SEGMENTS));
    const at = random.integer(path.length + 1);
    return random.integer(3) === 0 ? path : `${path.slice(0, at)}${fragments(1)}${path.slice(at)}`;
}

describe("simple paths", () => {
    const simple = whole(simplePattern());

    it("are canonical in every form, and a template that matches them loosely matches them strictly", () => {
        const random = randomSource("paths");
        const templates = FORMS.flatMap((forms): [string, TemplatePatterns][] => [
            ...TENANTS.map((template): [string, TemplatePatterns] => [
                template,
                tenantPatterns(template, forms),
            ]),
            ...SCOPES.map((template): [string, TemplatePatterns] => [template, scopePatterns(template)]),
        ]).map(([template, { strict, loose }]) => ({
            template,
            strict: whole(strict),
            loose: whole(loose),
        }));
        const rules = FORMS.map((forms) => ({
            rejected: pathRejections(forms).map(({ pattern }) => whole(pattern)),
            canonical: whole(canonicalPattern(forms)),
        }));
        const matched = new Set<string>();
        let simplePaths = 0;
        for (let index = 0; index < PATHS; index++) {
            const sent = target(random);
            if (!simple.test(sent)) continue;
            simplePaths++;
            const path = sent.replace(/\?.*/, "");
            for (const { rejected, canonical } of rules) {
                for (const pattern of rejected) assert.doesNotMatch(path, pattern);
                assert.match(path, canonical);
            }
            for (const { template, strict, loose } of templates) {
                const isMatched = strict.test(path);
                assert.equal(loose.test(path), isMatched, `${template}: ${path}`);
                if (isMatched) matched.add(template);
            }
        }
        assert.ok(simplePaths > PATHS / 20, `${simplePaths} paths are simple`);
        // A slash at the end and a dot at the start of a segment are not simple: such paths pass the filter.
        const expected = [...TENANTS, ...SCOPES].filter((template) => !/\/$|\/\./.test(template));
        assert.deepEqual([...matched].sort(), expected.sort());
    });

    it("include the paths of usual requests", () => {
        for (const path of [
            "/v1/tenants/acme/alerts",
            "/hls/acme/7/720p/1.ts?part=2",
            "/v1/users?name=A%20B",
        ])
            assert.match(path, simple);
    });

    it("are checked where a deciding template has an upper-case letter: its lower-case spelling is not simple there", () => {
        const filter = (template: string) =>
            JSON.stringify(
                canonicalPaths({
                    hosts: [{ host: "api.example.org", forms: {}, deciding: [scopePatterns(template)] }],
                }),
            );
        for (const template of ["/v1/users", "/v1/{*}/users", "/v1/{**}", "/v1/{tenant}/users"])
            assert.match(filter(template), /SkipFilter/, template);
        for (const template of ["/v1/Users", "/V1/{*}", "/{*}/uSers", "/Files/{**}"])
            assert.doesNotMatch(filter(template), /SkipFilter/, template);
    });
});
