/** The tenant claim of a token, through the derived configuration in a real Envoy. */
import assert from "node:assert/strict";
import { type Edge, JWKS, receivedRequest, startEdge, token } from "../support/envoy/edge";
import { requireEnvoy } from "../support/envoy/program";
import { config, withEdge, objectsOf } from "../support/edge";

const [issuer] = config.edge.issuers;
assert.ok(issuer);
const { issuer: name, audiences, claims } = issuer;
const objects = objectsOf({
    config: withEdge({ issuers: [{ issuer: name, audiences, claims, jwks: JWKS }] }),
});
const host = `api.${config.domain}`;

const PLAIN = ["acme", "münchen", "Two Words", "a+b", "a@b.example", "日本", "a-b_c.d~e"];
const WRONG: readonly unknown[] = [
    undefined,
    null,
    "",
    " ",
    " acme",
    "acme ",
    ["acme"],
    ["acme", "globex"],
    { id: "acme" },
    7,
    true,
    "globex,acme",
    "globex/users",
    "acme;globex",
    "acme%2Fglobex",
    "acme\nx",
    '["acme"]',
    "..\\globex",
];

describe("the tenant of a token, in a real Envoy", () => {
    let edge: Edge;
    before(async function () {
        const program = await requireEnvoy(this);
        edge = await startEdge(program, { objects, gateway: "public", service: "api-gateway", port: 8080 });
    });
    after(async () => {
        await (edge as Edge | undefined)?.stop();
    });
    const get = (path: string, tenant: unknown) => {
        const bearer = token({ iss: name, aud: audiences[0], ...(tenant === undefined ? {} : { tenant }) });
        return edge.viaGateway({ path, host, headers: { authorization: `Bearer ${bearer}` } });
    };

    it("must be a single string, or a multi-tenant host rejects the token", async () => {
        for (const tenant of PLAIN) assert.equal((await get("/v1/alerts", tenant)).status, 200, tenant);
        for (const tenant of WRONG) {
            const { status } = await get("/v1/alerts", tenant);
            assert.equal(status, 403, JSON.stringify(tenant));
        }
    });

    it("is compared with a path's in canonical form, whatever its encoding", async () => {
        for (const tenant of PLAIN) {
            const upper = encodeURIComponent(tenant);
            const lower = upper.replaceAll(/%[0-9A-F]{2}/g, (hex) => hex.toLowerCase());
            for (const spelling of [upper, lower]) {
                const answer = await get(`/v1/tenants/${spelling}/devices`, tenant);
                assert.equal(answer.status, 200, `${spelling}: ${answer.body}`);
                assert.equal(receivedRequest(answer).path, `/v1/tenants/${spelling}/devices`);
                assert.equal((await get(`/v1/tenants/${spelling}`, "initech")).status, 403, spelling);
                assert.equal((await get(`/v1/tenants/${spelling}x/devices`, tenant)).status, 403, spelling);
            }
        }
    });
});
