import * as assert from "node:assert/strict";

import type { Exposure } from "../../../catalogue/model";
import { type Draft, problemsAfter } from "../small";

/** Rule and message of what is wrong once the small catalogue's exposure is changed so. */
function after(change: Partial<Draft<Exposure>>): string[] {
    return problemsAfter(({ services, exposure }) => {
        services.front.exposures = [{ ...exposure, requests: ["GET /items", "POST /items"], ...change }];
    }).map(({ rule, message }) => `${rule}: ${message}`);
}

/** Of the TCP port of the service back. */
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

describe("ports of gateways", () => {
    it("are said for TCP, and for nothing else", () => {
        assert.deepEqual(afterTcp({ listen: 8883 }), []);
        assert.deepEqual(afterTcp({}), [
            "no-listen: the host devices leads to a TCP port, and does not say on which port of the gateway",
        ]);
        assert.deepEqual(after({ listen: 8443 }), [
            "needless-listen: the host api is to be served on port 8443, but it is told apart from others by its name",
        ]);
    });

    it("are free", () => {
        for (const listen of [443, 80, 15021])
            assert.deepEqual(afterTcp({ listen }), [
                `listen-port: the host devices is to be served on port ${listen}, which a gateway cannot give it`,
            ]);
    });
});

describe("clients that name no host", () => {
    it("are for the one host of a TCP port", () => {
        assert.deepEqual(afterTcp({ listen: 8883, withoutSni: true }), []);
        assert.deepEqual(after({ withoutSni: false }), []);
        assert.deepEqual(after({ withoutSni: true }), [
            "without-sni: the host api accepts clients that name no host, but shares its port with the gateway's other HTTP hosts",
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
            "the host devices accepts clients that name no host, but others has the same port 8883 of the gateway public",
        ]);
        assert.deepEqual(two({ listen: 8884 }), []);
        assert.deepEqual(two({ gateway: "internal" }), []);
        assert.equal(two({ withoutSni: true }).length, 2);
    });
});

describe("scopes", () => {
    it("are asked for some of what is exposed", () => {
        assert.deepEqual(after({ scopes: [{ scope: "items:write", requests: ["POST /items"] }] }), []);
        assert.deepEqual(after({ scopes: [{ scope: "items:write", requests: ["POST /itmes"] }] }), [
            "scopes: the host api asks for a scope for POST /itmes, which it does not expose in these words",
        ]);
        assert.deepEqual(after({ scopes: [{ scope: "a:b" }] }), [
            "scopes: the host api asks for the scope a:b for nothing",
        ]);
    });

    it("are asked for by a token, of requests that can be told apart", () => {
        const scopes = [{ scope: "items:write", requests: ["POST /items" as const] }];
        assert.deepEqual(after({ scopes, authentication: "none" }), [
            "scopes: the host api asks for scopes, but takes no token",
        ]);
        assert.match(
            afterTcp({ listen: 8883, scopes: [{ scope: "x" }] }).join(),
            /its requests cannot be told apart/,
        );
    });

    it("are not got round by another request that stands for the same", () => {
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
                "the host api asks for the scope items:read for GET /items/{*}, but GET /items/{**} stands for the same, and asks for another or none",
            ],
        );
    });
});

describe("paths that name a tenant", () => {
    const naming = (path: string) => after({ tenantPaths: [path as `/${string}`] });

    it("have one tenant, as a whole segment, where something is exposed", () => {
        assert.match(
            naming("/items").join(),
            /names a tenant at "\/items", which is no path with one \{tenant\}/,
        );
        assert.match(naming("/x-{tenant}").join(), /which is no path/);
        assert.match(naming("/{tenant}/{tenant}").join(), /which is no path/);
        assert.match(naming("/other/{tenant}").join(), /which it does not expose/);
        assert.deepEqual(naming("/{tenant}"), []);
    });

    it("need a token, and HTTP", () => {
        assert.match(after({ tenantPaths: ["/{tenant}"], authentication: "none" }).join(), /takes no token/);
        assert.match(afterTcp({ listen: 8883, tenantPaths: ["/{tenant}"] }).join(), /is no HTTP host/);
    });
});

describe("pages of other origins", () => {
    it("ask HTTP hosts only", () => {
        assert.deepEqual(after({ cors: true }), []);
        assert.match(afterTcp({ listen: 8883, cors: true }).join(), /^cors: /);
    });

    it("name each method and header once", () => {
        assert.deepEqual(after({ cors: { headers: ["x-a", "x-b"], exposedHeaders: ["x-a"] } }), []);
        assert.deepEqual(after({ cors: { methods: ["GET", "GET"], headers: ["x-a", "x-b", "x-a"] } }), [
            "cors: the host api lists GET twice in cors.methods",
            "cors: the host api lists x-a twice in cors.headers",
        ]);
        assert.deepEqual(after({ cors: { exposedHeaders: ["etag", "etag"] } }), [
            "cors: the host api lists etag twice in cors.exposedHeaders",
        ]);
    });

    it("name headers by tokens, and no * with which Fetch would not mean what it says", () => {
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
            assert.match(
                after({ cors: { exposedHeaders: [wrong] } }).join(),
                /is not the name of a header/,
                wrong,
            );
            assert.match(after({ cors: { headers: [wrong] } }).join(), /is not the name of a header/, wrong);
        }
        assert.match(after({ cors: { headers: ["x_trace"] } }).join(), /without _/);
    });
});
