/** Attacks by a workload inside the mesh on the sidecar of another one. */
import assert from "node:assert/strict";
import type { Field } from "../../support/envoy/http2";
import type { Recorded } from "../../support/envoy/recorder";
import { ACME, GRPC, OURS, TRAILERS, bearer, readAs, tokenOf } from "./oracle";
import { type Target, VERSIONS } from "./target";

/** Declares the tests. */
export function attackByCallers(target: () => Target): void {
    const named = ({ headers, trailers }: Recorded): Field[] =>
        [...headers, ...trailers].filter(([name]) => OURS.includes(readAs(name)));

    it("names no tenant without its token, under any name", async () => {
        const names = [
            "x-tenant",
            "X-TENANT",
            "x_tenant",
            "X_Tenant",
            "x-roles",
            "x_roles",
            "x_plan",
            "x_subject",
        ];
        const found: string[] = [];
        for (const name of names)
            for (const version of VERSIONS)
                for (const fields of [
                    [[name, "globex"]],
                    [[name, "acme"], [name, "globex"], bearer(ACME)],
                    [[name, "globex"], [name, "acme"], bearer(ACME)],
                    [[name, "acme"], bearer(ACME), bearer(tokenOf({ tenant: "globex" }))],
                    [["connection", `close, ${name}`], [name, "globex"], bearer(ACME)],
                    [["x-tenant", "acme"], [name, "globex"], bearer(ACME)],
                ] as Field[][])
                    for (const request of await target().send("api-gateway", "search", version, { fields })) {
                        const others = named(request).filter(
                            ([key, value]) => key !== "x-tenant" || value !== "acme",
                        );
                        const sent = fields.map(([key, value]) => `${key}: ${value.slice(0, 12)}`).join(", ");
                        if (others.length > 0)
                            found.push(`${sent} over ${version}: ${JSON.stringify(others)}`);
                    }
        assert.deepEqual(found, []);
        const [good] = await target().send("api-gateway", "search", "HTTP/1.1", {
            fields: [["x-tenant", "acme"], bearer(ACME)],
        });
        assert.deepEqual(good === undefined ? undefined : named(good), [["x-tenant", "acme"]]);
    });

    it("sends no trailers, over HTTP/1.1, HTTP/2 and gRPC", async () => {
        const call = { method: "GET", path: "/v1/search", fields: [], trailers: TRAILERS };
        const grpc = { ...call, method: "POST", path: "/sparc.users.v1.Users/Get", fields: GRPC };
        for (const [service, version, one] of [
            ["search", "HTTP/1.1", call],
            ["search", "HTTP/2", call],
            ["users", "HTTP/2", grpc],
        ] as const) {
            const seen = await target().send("api-gateway", service, version, one);
            assert.equal(seen.length, 1, `${service} over ${version}`);
            assert.deepEqual(
                seen.flatMap(({ trailers }) => trailers),
                [],
            );
        }
    });

    it("asserts a tenant in its listed calls alone, however their paths are spelled", async () => {
        const fields: Field[] = [["x-tenant", "globex"]];
        const others: readonly [string, string][] = [
            ["GET", "/v1/suggestions"],
            ["GET", "/v1/search/../suggestions"],
            ["GET", "/v1/search/..;/suggestions"],
            ["GET", "/v1/suggestions?/v1/search"],
            ["GET", "/v1/suggestions#/v1/search"],
            ["GET", "/v1/search;/../suggestions"],
            ["GET", "/v1/search/"],
            ["GET", "/v1/search/x"],
            ["GET", "/v1/Search"],
            ["POST", "/v1/search"],
            ["get", "/v1/search"],
            ["DELETE", "/v1/documents/7"],
            ["PUT", "/v1/documents/7/x"],
            ["PUT", "/v1/documents/7%2fx"],
            ["PUT", "/v1/documents/"],
            ["PUT", "/v1/documents/..%2f..%2fsuggestions"],
            ["PUT", "/v1/documents/%2e%2e/suggestions"],
        ];
        const found: string[] = [];
        for (const [method, path] of others)
            for (const version of VERSIONS) {
                const override: Field[] = [...fields, ["x-http-method-override", "DELETE"]];
                for (const request of await target().send("analytics", "search", version, {
                    method,
                    path,
                    fields: override,
                }))
                    if (named(request).length > 0)
                        found.push(`${method} ${path} over ${version}: ${request.path}`);
            }
        assert.deepEqual(found, []);
        for (const [method, path] of [
            ["GET", "/v1/search?q=1"],
            ["PUT", "/v1/documents/7"],
        ] as const)
            assert.equal(
                (await target().send("analytics", "search", "HTTP/1.1", { method, path, fields })).length,
                1,
                path,
            );
    });
}
