import assert from "node:assert/strict";
import type { Exposure } from "../../../catalogue/model";
import { isPath } from "../../../catalogue/requests";
import { type Draft, problemsAfter } from "../small";

function after(change: Partial<Draft<Exposure>>): string {
    return problemsAfter(({ services, exposure }) => {
        services.front.exposures = [{ ...exposure, requests: ["GET /items"], ...change }];
    })
        .map(({ rule, message }) => `${rule}: ${message}`)
        .join();
}

function afterTcp(change: Partial<Draft<Exposure>>): string {
    return problemsAfter(({ services }) => {
        services.back.exposures = [
            {
                gateway: "public",
                host: "devices",
                port: "mqtt",
                authentication: "device",
                timeout: "stream",
                listen: 8883,
                ...change,
            },
        ];
    })
        .map(({ rule, message }) => `${rule}: ${message}`)
        .join();
}

describe("an exposure's paths and headers", () => {
    it("can be configured where a gateway reads them", () => {
        assert.equal(after({ paths: { encodedSlashes: true }, clientHeaders: ["x-forwarded-host"] }), "");
        assert.match(afterTcp({ paths: { encodedSlashes: true } }), /^not-http: the host devices has paths/);
        assert.match(
            afterTcp({ clientHeaders: ["x-real-ip"] }),
            /^not-http: the host devices has clientHeaders/,
        );
    });

    it("can only list headers that the gateway would remove", () => {
        assert.match(after({ clientHeaders: ["x-tenant" as "forwarded"] }), /clientHeaders|x-tenant/);
    });
});

describe("a token's tenant", () => {
    it("can be required only with JWTs, and must be if paths name a tenant", () => {
        assert.match(
            after({ requiresTenant: true, authentication: "none" }),
            /^requires-tenant: .*does not authenticate by JWT$/,
        );
        assert.match(
            after({ requiresTenant: false, tenantPaths: ["/{tenant}"] }),
            /^requires-tenant: .*accepts tokens without a tenant$/,
        );
        assert.equal(after({ requiresTenant: false }), "");
    });
});

describe("a request's path", () => {
    it("must be canonical: no other can match", () => {
        for (const path of [
            "/a%2Fb",
            "/%41bc",
            "/a/../b",
            "/a/./b",
            "/100%",
            "/a;b",
            "/a%25b",
            "/%zz",
            "/a%00",
            "/%c0%ae",
        ])
            assert.ok(!isPath(path), path);
        for (const path of ["/a%20b", "/M%C3%BCnchen", "/a@b", "/v1.2", "/.well-known/x", "/%5Ba%5D"])
            assert.ok(isPath(path), path);
    });
});
