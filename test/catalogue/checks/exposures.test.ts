import * as assert from "node:assert/strict";

import type { Exposure } from "../../../catalogue/model";
import { type Draft, problemsAfter } from "../small";

/** Rules and messages of the problems after a change of the small catalogue's exposure. */
function after(change: Partial<Draft<Exposure>>): string[] {
    return problemsAfter(({ services, exposure }) => {
        services.front.exposures = [{ ...exposure, requests: ["GET /items", "POST /items"], ...change }];
    }).map(({ rule, message }) => `${rule}: ${message}`);
}

/** An exposure of the TCP port of the service back. */
function afterTcp(change: Partial<Draft<Exposure>>): string[] {
    return problemsAfter(({ services }) => {
        services.back.exposures = [
            {
                gateway: "public",
                host: "devices",
                port: "mqtt",
                authentication: "device",
                timeout: "stream",
                ...change,
            },
        ];
    }).map(({ rule, message }) => `${rule}: ${message}`);
}

describe("listen ports of exposures", () => {
    it("are required for TCP, and rejected otherwise", () => {
        assert.deepEqual(afterTcp({ listen: 8883 }), []);
        assert.deepEqual(afterTcp({}), [
            "no-listen: the host devices leads to a TCP port, but has no listen port at the gateway",
        ]);
        assert.deepEqual(after({ listen: 8443 }), [
            "needless-listen: the host api has listen: 8443, but the gateway distinguishes HTTP hosts by name",
        ]);
    });

    it("must not be used by the gateway", () => {
        for (const listen of [443, 80, 15021])
            assert.deepEqual(afterTcp({ listen }), [
                `listen-port: the host devices has listen: ${listen}, a port that the gateway uses itself`,
            ]);
    });
});

describe("clients without SNI", () => {
    it("are allowed only for the single host of a TCP port", () => {
        assert.deepEqual(afterTcp({ listen: 8883, withoutSni: true }), []);
        assert.deepEqual(after({ withoutSni: false }), []);
        assert.deepEqual(after({ withoutSni: true }), [
            "without-sni: the host api has withoutSni, but shares its port with the gateway's other HTTP hosts",
        ]);
        const two = (change: Partial<Draft<Exposure>>) =>
            problemsAfter(({ services }) => {
                const device = (host: string): Draft<Exposure> => ({
                    ...{ gateway: "public", host, port: "mqtt", listen: 8883 },
                    ...{ authentication: "device", timeout: "stream" },
                });
                services.back.exposures = [
                    { ...device("devices"), withoutSni: true },
                    { ...device("others"), ...change },
                ];
            }).map(({ message }) => message);
        assert.deepEqual(two({}), [
            "the host devices has withoutSni, but others uses the same port 8883 of the gateway public",
        ]);
        assert.deepEqual(two({ listen: 8884 }), []);
        assert.deepEqual(two({ gateway: "internal" }), []);
        assert.equal(two({ withoutSni: true }).length, 2);
    });
});

describe("scopes", () => {
    it("must be for requests that are exposed", () => {
        assert.deepEqual(after({ scopes: [{ scope: "items:write", requests: ["POST /items"] }] }), []);
        assert.deepEqual(after({ scopes: [{ scope: "items:write", requests: ["POST /itmes"] }] }), [
            "scopes: the host api has a scope for POST /itmes, which its requests do not list literally",
        ]);
        assert.deepEqual(after({ scopes: [{ scope: "a:b" }] }), [
            "scopes: the host api has the scope a:b without requests",
        ]);
    });

    it("require JWTs, and requests that can be distinguished", () => {
        const scopes = [{ scope: "items:write", requests: ["POST /items" as const] }];
        assert.deepEqual(after({ scopes, authentication: "none" }), [
            "scopes: the host api has scopes, but does not authenticate by JWT",
        ]);
        assert.match(
            afterTcp({ listen: 8883, scopes: [{ scope: "x" }] }).join(),
            /the gateway cannot distinguish its requests/,
        );
    });

    it("cannot be bypassed by an overlapping request", () => {
        const problems = problemsAfter(({ services, exposure }) => {
            services.front.ports["http"] = {
                protocol: "http",
                number: 8080,
                requests: ["GET /items/{**}", "GET /items/{*}"],
            };
            services.front.exposures = [
                {
                    ...exposure,
                    requests: ["GET /items/{**}", "GET /items/{*}"],
                    scopes: [{ scope: "items:read", requests: ["GET /items/{*}"] }],
                },
            ];
        });
        assert.deepEqual(
            problems.map(({ message }) => message),
            [
                "the host api requires the scope items:read for GET /items/{*}, but the overlapping GET /items/{**} requires another scope or none",
            ],
        );
    });
});

describe("tenant paths", () => {
    const naming = (path: string) => after({ tenantPaths: [path as `/${string}`] });

    it("have one tenant, as a whole segment, and match an exposed request", () => {
        assert.match(
            naming("/items").join(),
            /has the tenant path "\/items", which is not a path with one \{tenant\}/,
        );
        assert.match(naming("/x-{tenant}").join(), /which is not a path/);
        assert.match(naming("/{tenant}/{tenant}").join(), /which is not a path/);
        assert.match(naming("/other/{tenant}").join(), /which it does not expose/);
        assert.deepEqual(naming("/{tenant}"), []);
    });

    it("require a JWT, and HTTP", () => {
        assert.match(
            after({ tenantPaths: ["/{tenant}"], authentication: "none" }).join(),
            /does not authenticate by JWT/,
        );
        assert.match(afterTcp({ listen: 8883, tenantPaths: ["/{tenant}"] }).join(), /is not an HTTP host/);
    });
});

describe("CORS", () => {
    it("is for HTTP hosts only", () => {
        assert.deepEqual(after({ cors: true }), []);
        assert.match(afterTcp({ listen: 8883, cors: true }).join(), /^cors: /);
    });

    it("lists each method and header once", () => {
        assert.deepEqual(after({ cors: { headers: ["x-a", "x-b"], exposedHeaders: ["x-a"] } }), []);
        assert.deepEqual(after({ cors: { methods: ["GET", "GET"], headers: ["x-a", "x-b", "x-a"] } }), [
            "cors: the host api lists GET twice in cors.methods",
            "cors: the host api lists x-a twice in cors.headers",
        ]);
        assert.deepEqual(after({ cors: { exposedHeaders: ["etag", "etag"] } }), [
            "cors: the host api lists etag twice in cors.exposedHeaders",
        ]);
    });

    it("lists header names as tokens, and no *, which Fetch treats as a literal with credentials", () => {
        for (const good of ["idempotency-key", "x.trace", "!#$&'*+.^`|~0a-", "x-*"])
            assert.deepEqual(after({ cors: { headers: [good] } }), [], good);
        assert.deepEqual(after({ cors: { exposedHeaders: ["x_page"] } }), []);
        for (const wrong of [
            "*",
            "",
            "X-Trace",
            "a b",
            "a:b",
            "a,b",
            "a/b",
            "a(b)",
            'a"b',
            "x@y",
            "x-100%",
            "%REQ(authorization)%",
            "%a%",
            "é",
            "a\n",
        ]) {
            assert.match(after({ cors: { exposedHeaders: [wrong] } }).join(), /is not a header name/, wrong);
            assert.match(after({ cors: { headers: [wrong] } }).join(), /is not a header name/, wrong);
        }
        assert.match(after({ cors: { headers: ["x_trace"] } }).join(), /without _/);
    });
});
