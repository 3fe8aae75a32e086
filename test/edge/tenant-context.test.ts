/** Tenant assertions of callers at a sidecar, through the derived configuration in a real Envoy. */
import assert from "node:assert/strict";
import { platform as catalogue } from "../../catalogue/platform";
import type { RawRequest } from "../support/envoy/client";
import { type Edge, JWKS, type EdgeOptions, receivedRequest, startEdge, token } from "../support/envoy/edge";
import { requireEnvoy } from "../support/envoy/program";
import { config, withEdge, objectsOf } from "../support/edge";

const [issuer] = config.edge.issuers;
assert.ok(issuer);
const { issuer: name, audiences, claims } = issuer;
const objects = objectsOf({
    config: withEdge({ issuers: [{ issuer: name, audiences, claims, jwks: JWKS }] }),
});

const ROLES = ["viewer", "a<b", 'quote"d', "日本"];
const acme = bearer({ tenant: "acme", sub: "ada", plan: "pro", roles: ROLES });

function bearer(more: Record<string, unknown>): Record<string, string> {
    return { authorization: `Bearer ${token({ iss: name, aud: audiences[0], ...more })}` };
}

describe("the tenant at a service's sidecar, in a real Envoy", function () {
    this.timeout(120_000);
    let program: string;
    const edges: Edge[] = [];
    before(async function () {
        program = await requireEnvoy(this);
    });
    after(async () => {
        for (const one of edges) await one.stop();
    });
    async function start(options: Partial<EdgeOptions> & Pick<EdgeOptions, "service" | "port">) {
        const edge = await startEdge(program, { gateway: "public", objects, ...options });
        edges.push(edge);
        return edge;
    }

    describe("for a port that accepts forwarded tokens", () => {
        let edge: Edge;
        before(async () => {
            edge = await start({ service: "alerts", port: 8080, callers: ["api-gateway", "rules"] });
        });
        const get = (headers: RawRequest["headers"], caller = "api-gateway") =>
            edge.toSidecar({ path: "/v1/alerts", host: "alerts", headers: headers ?? {} }, caller);

        it("is accepted if it is the token's", async () => {
            const answer = await get({ ...acme, "x-tenant": "acme", "x-subject": "ada", "x-plan": "pro" });
            assert.equal(answer.status, 200, answer.body);
            assert.equal(receivedRequest(answer).headers["x-tenant"], "acme");
            assert.equal(receivedRequest(answer).headers["authorization"], acme["authorization"]);
        });

        it("is optional", async () => {
            for (const headers of [{}, acme]) assert.equal((await get(headers)).status, 200);
        });

        it("is rejected if the token has another tenant or none, or without a token", async () => {
            const withoutTenant = bearer({ sub: "ada" });
            for (const headers of [
                { "x-tenant": "acme" },
                { ...acme, "x-tenant": "globex" },
                { ...acme, "x-tenant": "acme,globex" },
                { ...acme, "x-tenant": "" },
                { ...acme, "x-tenant": "ACME" },
                { ...withoutTenant, "x-tenant": "acme" },
                { ...withoutTenant, "x-tenant": "" },
                { authorization: "Bearer opaque", "x-tenant": "acme" },
                { ...bearer({ tenant: "acme", exp: 1 }), "x-tenant": "acme" },
                { ...bearer({ tenant: "acme", aud: "another" }), "x-tenant": "acme" },
            ]) {
                const { status, body } = await get(headers);
                assert.equal(status, 403, JSON.stringify(headers));
                assert.match(
                    body,
                    /^RBAC: access denied: x-tenant is not what the token in the request says/,
                );
            }
        });

        it("is rejected from every caller, even if it can assert tenants elsewhere", async () => {
            assert.equal((await get({ "x-tenant": "acme" }, "rules")).status, 403);
        });

        it("is checked together with subject, plan and roles", async () => {
            for (const [header, value] of [
                ["x-subject", "eve"],
                ["x-plan", "enterprise"],
                ["x-roles", Buffer.from('["admin"]').toString("base64")],
            ] as const) {
                const { status, body } = await get({ ...acme, [header]: value });
                assert.equal(status, 403, header);
                assert.ok(body.startsWith(`RBAC: access denied: ${header} is not`), body);
            }
        });

        it("is not accepted from the headers that the sidecar's filters use", async () => {
            const forged = { "x-tenant": "acme", "x-sparc-token-tenant": "acme" };
            assert.equal((await get(forged)).status, 403);
        });

        it("forwards no header of the filters to the service, and leaves invalid tokens unchanged", async () => {
            const opaque = { authorization: "Bearer opaque" };
            const answer = await get({ ...opaque, "x-sparc-token-tenant": "acme" });
            assert.equal(answer.status, 200, answer.body);
            assert.equal(receivedRequest(answer).headers["authorization"], "Bearer opaque");
            const seen = receivedRequest(await get(acme)).headers;
            assert.deepEqual(
                Object.keys(seen).filter((header) => header.startsWith("x-sparc-")),
                [],
            );
        });
    });

    describe("for a port that accepts asserted tenants of some callers", () => {
        let edge: Edge;
        before(async () => {
            edge = await start({
                service: "search",
                port: 8080,
                callers: ["api-gateway", "analytics"],
                policies: false,
            });
        });
        const send = (caller: string, path: string, method = "GET") =>
            edge.toSidecar({ method, path, host: "search", headers: { "x-tenant": "globex" } }, caller);

        it("is accepted from them, in the requests of those calls", async () => {
            const answer = await send("analytics", "/v1/search");
            assert.equal(answer.status, 200, answer.body);
            assert.equal(receivedRequest(answer).headers["x-tenant"], "globex");
            assert.equal((await send("analytics", "/v1/documents/7", "PUT")).status, 200);
        });

        it("is rejected from them in other requests, and from all other callers", async () => {
            assert.equal((await send("analytics", "/v1/documents/7", "DELETE")).status, 403);
            assert.equal((await send("analytics", "/v1/suggestions")).status, 403);
            assert.equal((await send("api-gateway", "/v1/search")).status, 403);
        });
    });

    describe("in a path", () => {
        let edge: Edge;
        before(async () => {
            edge = await start({ service: "video", port: 8080, callers: ["reports"], policies: false });
        });
        const host = `stream.${config.domain}`;

        it("passes the gateway and the sidecar if it is the token's tenant", async () => {
            const tenant = "münchen";
            for (const path of ["/hls/m%C3%BCnchen/s1/seg.ts", "/hls/m%c3%bcnchen/s1?x=1"]) {
                const answer = await edge.viaGateway({ path, host, headers: bearer({ tenant }) });
                assert.equal(answer.status, 200, answer.body);
                assert.equal(receivedRequest(answer).path, path);
            }
            const roles = await edge.viaGateway({ path: "/hls/acme/s1", host, headers: acme });
            assert.equal(roles.status, 200, roles.body);
            const rolesHeader = receivedRequest(roles).headers["x-roles"] ?? "";
            assert.deepEqual(JSON.parse(Buffer.from(rolesHeader, "base64url").toString("utf8")), ROLES);
            // A service propagates the header that the gateway derived from the claim, with the token.
            const handed = { ...acme, "x-tenant": "acme", "x-roles": rolesHeader };
            assert.equal(
                (await edge.toSidecar({ path: "/hls/acme/s1", host: "video", headers: handed }, "reports"))
                    .status,
                200,
            );
        });

        it("is checked again at the sidecar, for every caller", async () => {
            for (const [path, headers, status] of [
                ["/hls/acme/s1", { ...acme, "x-tenant": "acme" }, 200],
                ["/hls/globex/s1", { ...acme, "x-tenant": "acme" }, 403],
                ["/hls/acme/.%2e;/globex/s1", { ...acme, "x-tenant": "acme" }, 400],
                ["/hls/acme/%2e%2e/globex/s1", { ...acme, "x-tenant": "acme" }, 403],
                ["/HLS/globex/s1", { ...acme, "x-tenant": "acme" }, 403],
                ["/hls/acme/s1", acme, 403],
                ["/hls/acme/s1", {}, 403],
                ["/v1/sessions/7", {}, 200],
            ] as const) {
                const answer = await edge.toSidecar({ path, host: "video", headers }, "reports");
                assert.equal(answer.status, status, `${path}: ${answer.body}`);
            }
        });
    });

    it("is also checked with claims whose names contain dots", async () => {
        const dotted = { tenant: ["https://sparc.example/tenant"], roles: ["https://sparc.example/roles"] };
        const edge = await start({
            service: "alerts",
            port: 8080,
            callers: ["api-gateway"],
            objects: objectsOf({
                config: withEdge({
                    issuers: [{ issuer: name, audiences, claims: { ...claims, ...dotted }, jwks: JWKS }],
                }),
            }),
        });
        const withClaim = bearer({ "https://sparc.example/tenant": "acme" });
        const get = async (tenant: string) => {
            const request = {
                path: "/v1/alerts",
                host: "alerts",
                headers: { ...withClaim, "x-tenant": tenant },
            };
            return (await edge.toSidecar(request, "api-gateway")).status;
        };
        assert.deepEqual([await get("acme"), await get("globex")], [200, 403]);
    });

    it("is rejected from callers that the catalogue does not list", () => {
        const listed = Object.entries(catalogue.services).flatMap(([caller, { calls = [] }]) =>
            calls.some(({ assertsTenant = false }) => assertsTenant) ? [caller] : [],
        );
        assert.deepEqual(
            ["api-gateway", "realtime", "video"].filter((caller) => listed.includes(caller)),
            [],
        );
    });
});
