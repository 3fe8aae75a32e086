import assert from "node:assert/strict";
import { ConfigError } from "../../config/load";
import { testConfig } from "../support/config";

const ISSUER = { issuer: "https://login.example", audiences: ["api"] };
const KEY = { kty: "EC", crv: "P-256", x: "a", y: "b" };

function problems(edge: unknown): readonly string[] {
    try {
        testConfig({ domain: "a.example", edge });
        return [];
    } catch (error) {
        assert.ok(error instanceof ConfigError);
        return error.problems;
    }
}

const withIssuer = (more: object) => problems({ issuers: [{ ...ISSUER, ...more }] });

describe("the edge's configuration", () => {
    it("accepts an issuer with a JWKS URI or inline JWKS, and its claim names", () => {
        assert.deepEqual(withIssuer({ jwksUri: "https://login.example/keys" }), []);
        assert.deepEqual(withIssuer({ jwksUri: "https://login.example:443/keys" }), []);
        assert.match(
            withIssuer({ jwksUri: "https://login.example:8443/keys" }).join(),
            /jwksUri: must use port 443, the only external port that istiod can reach/,
        );
        assert.equal(withIssuer({ jwksUri: "login" }).length, 1);
        const { edge } = testConfig({
            domain: "a.example",
            edge: { issuers: [{ ...ISSUER, jwks: JSON.stringify({ keys: [KEY] }) }] },
        });
        assert.deepEqual(edge.issuers[0]?.claims, { tenant: "tenant", roles: "roles", plan: "plan" });
        assert.deepEqual([edge.adminRole, edge.clientAddress], ["platform-admin", "load-balancer"]);
    });

    it("requires exactly one of the two", () => {
        const text = "edge.issuers.0: must have either jwksUri or jwks, the keys that sign its tokens";
        assert.deepEqual(withIssuer({}), [text]);
        assert.deepEqual(withIssuer({ jwksUri: "https://a.example", jwks: '{"keys":[]}' }), [text]);
    });

    it("validates a JWKS", () => {
        assert.match(withIssuer({ jwks: "keys" }).join(), /this is not JSON$/);
        assert.match(withIssuer({ jwks: "{}" }).join(), /has no list of keys$/);
        assert.match(withIssuer({ jwks: "null" }).join(), /has no list of keys$/);
        assert.match(withIssuer({ jwks: '{"keys":[{}]}' }).join(), /its key 0 has no "kty"$/);
    });

    it("rejects a private key, without repeating it", () => {
        const [problem, ...more] = withIssuer({ jwks: JSON.stringify({ keys: [{ ...KEY, d: "secret" }] }) });
        assert.deepEqual(more, []);
        assert.equal(
            problem,
            "edge.issuers.0.jwks: must hold public keys only; its key 0 has the private part d",
        );
    });

    it("names a misspelled key in a list", () => {
        assert.match(
            withIssuer({ jwksUri: "https://a.example", audience: "x" }).join(),
            /^edge\.issuers\.0\.audience: unknown key; did you mean "audiences"\?/,
        );
    });

    it("bounds the header limits by what browsers send and what a gateway supports", () => {
        const { edge } = testConfig({ domain: "a.example" });
        assert.deepEqual(edge.requestHeaders, { maxKb: 60, maxCount: 100 });
        assert.deepEqual(problems({ requestHeaders: { maxKb: 512, maxCount: 1000 } }), []);
        for (const [key, wrong] of [
            ["maxKb", 15],
            ["maxKb", 513],
            ["maxKb", 60.5],
            ["maxCount", 49],
            ["maxCount", 1001],
        ] as const)
            assert.match(
                problems({ requestHeaders: { [key]: wrong } }).join(),
                new RegExp(`^edge\\.requestHeaders\\.${key}: `),
            );
    });

    it("accepts unique CORS header names", () => {
        const ofPages = (cors: object) => problems({ cors });
        assert.deepEqual(ofPages({ headers: ["idempotency-key", "x.y"], exposedHeaders: ["x_page"] }), []);
        for (const wrong of ["*", "X-Trace", "a b", "a,b", "a:b", "x-100%", "%a%", ""])
            for (const key of ["headers", "exposedHeaders"])
                assert.match(
                    ofPages({ [key]: [wrong] }).join(),
                    new RegExp(`^edge\\.cors\\.${key}\\.0: must be the name of a header`),
                );
        assert.match(ofPages({ headers: ["x_trace"] }).join(), /drop names with _/);
        for (const key of ["headers", "exposedHeaders"])
            assert.deepEqual(ofPages({ [key]: ["etag", "etag"] }), [
                `edge.cors.${key}: must list each header once`,
            ]);
        const origin = "https://app.example.com";
        assert.deepEqual(problems({ corsOrigins: [origin, origin] }), [
            "edge.corsOrigins: must list each origin once",
        ]);
    });

    it("rejects invalid networks, origins and issuers", () => {
        assert.deepEqual(problems({ adminCidrs: ["10.0.0.0/8", "2001:db8::/32", "0.0.0.0/0"] }), []);
        for (const wrong of [
            "10.0.0.1",
            "10.0.0.0/33",
            "10.999.0.0/16",
            "::/129",
            "1::2::3/8",
            "office",
            "1.2.3.4/8/8",
        ])
            assert.match(problems({ adminCidrs: [wrong] }).join(), /^edge\.adminCidrs\.0: must be a network/);
        assert.deepEqual(problems({ corsOrigins: ["https://app.example.com", "http://localhost:3000"] }), []);
        for (const wrong of ["*", "app.example.com", "https://app.example.com/"])
            assert.match(problems({ corsOrigins: [wrong] }).join(), /must be an origin/);
        const twice = { ...ISSUER, jwksUri: "https://a.example" };
        assert.deepEqual(problems({ issuers: [twice, twice] }), ["edge.issuers: must list each issuer once"]);
    });
});
