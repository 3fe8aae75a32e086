/** Simple paths skip the filter that rejects non-canonical paths: no policy of that filter would have rejected them. */
import assert from "node:assert/strict";
import { canonicalPaths } from "../../components/shared/envoy/canonical-paths";
import {
    canonicalPattern,
    pathRejections,
    scopePatterns,
    simplePattern,
    tenantPatterns,
} from "../../components/shared/envoy/path-forms";
import { randomSource } from "../support/random";

const PATHS = 20_000;
const TENANT = "/v1/tenants/{tenant}";
const FORMS = [{}, { encodedSlashes: true }, { parameters: true }, { ignoreCase: true }];

/** Fragments of paths: what is simple, and what a rule of the filter is about. */
const FRAGMENTS = [
    ...[
        "/",
        "/",
        "/",
        "/v1",
        "/tenants",
        "/Tenants",
        "/v1/tenants/",
        "acme",
        "globex",
        "7",
        "a_b",
        "a-b",
        "~",
    ],
    ...[
        ".",
        "..",
        ".m3u8",
        ";",
        "%2e",
        "%2F",
        "%5c",
        "\\",
        "%25",
        "%00",
        "%C3%A9",
        "+",
        "%20",
        "?",
        "?x=/../;",
    ],
];

const whole = (pattern: string) => new RegExp(`^(?:${pattern})$`);

describe("simple paths", () => {
    const simple = whole(simplePattern());

    it("are canonical in every form, and a template that matches them loosely matches them strictly", () => {
        const random = randomSource("paths");
        let matched = 0;
        for (let index = 0; index < PATHS; index++) {
            const length = 1 + random.integer(6);
            const target = Array.from({ length }, () => random.pick(FRAGMENTS)).join("");
            if (!simple.test(target)) continue;
            matched++;
            const path = target.replace(/\?.*/, "");
            for (const forms of FORMS) {
                for (const { name, pattern } of pathRejections(forms))
                    assert.doesNotMatch(path, whole(pattern), name);
                assert.match(path, whole(canonicalPattern(forms)));
                const { strict, loose } = tenantPatterns(TENANT, forms);
                assert.equal(whole(loose).test(path), whole(strict).test(path), path);
            }
        }
        assert.ok(matched > PATHS / 100, `${matched} paths are simple`);
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
        assert.match(filter("/v1/users"), /SkipFilter/);
        assert.doesNotMatch(filter("/v1/Users"), /SkipFilter/);
    });
});
