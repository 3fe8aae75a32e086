/** Attackers' path spellings, through the derived configuration in a real Envoy, assessed by how applications parse them. */
import assert from "node:assert/strict";
import { type Edge, JWKS, receivedRequest, startEdge, token } from "../support/envoy/edge";
import { requireEnvoy } from "../support/envoy/program";
import { config, withEdge, objectsOf } from "../support/edge";
import { tenantsRead } from "./corpus/readings";
import { spellings } from "./corpus/spellings";

const COUNT = 1500;
const SEED = 20_261_130;

const [issuer] = config.edge.issuers;
assert.ok(issuer);
const { issuer: name, audiences, claims } = issuer;
const objects = objectsOf({
    config: withEdge({ issuers: [{ issuer: name, audiences, claims, jwks: JWKS }] }),
});
const authorization = `Bearer ${token({ iss: issuer.issuer, aud: issuer.audiences[0], tenant: "acme", scope: "platform:write" })}`;
const hostOf = (label: string) => `${label}.${config.domain}`;

interface Host {
    readonly label: string;
    readonly service: string;
    readonly head: readonly string[];
    readonly bases: readonly string[];
}

const HOSTS: readonly Host[] = [
    {
        label: "api",
        service: "api-gateway",
        head: ["v1", "tenants"],
        bases: [
            "/v1/tenants/globex/secret",
            "/v1/tenants/globex",
            "/v1/tenants/acme/x/../../globex/secret",
            "/v1/x/tenants/globex/secret",
            "/v1/tenants/acme/devices",
        ],
    },
    {
        label: "stream",
        service: "video",
        head: ["hls"],
        bases: [
            "/hls/globex/s1/seg.ts",
            "/hls/globex",
            "/hls/acme/../globex/s1/seg.ts",
            "/hls/acme/s1/seg.ts",
        ],
    },
];

const REASONS = [
    "path-spelling",
    "path-control-character",
    "path-dot-segment",
    "path-double-encoding",
    "path-empty-segment",
    "path-encoded-backslash",
    "path-encoded-delimiter",
    "path-encoded-slash",
    "path-parameter",
    "path-separator-alike",
    "path-unreadable",
];

/** Spellings of `/globex` in a path, with the reason of their rejection. */
const LISTED: readonly (readonly [spelling: string, reason: string])[] = [
    ["/acme/.%2e;/globex", "path-dot-segment"],
    ["/acme/%2e%2e%3b/globex", "path-dot-segment"],
    ["/acme/%2e%2e%2fglobex", "path-dot-segment"],
    ["/acme/..%5cglobex", "path-dot-segment"],
    ["//globex", "path-empty-segment"],
    ["/%20/globex", "path-empty-segment"],
    ["%2fglobex", "path-encoded-slash"],
    ["/x%5cglobex", "path-encoded-backslash"],
    ["/x%255cglobex", "path-double-encoding"],
    ["/acme/%252e%252e/globex", "path-double-encoding"],
    [";x=1/globex", "path-parameter"],
    ["/globex;x=1", "path-parameter"],
    ["/acme/x;y/globex", "path-parameter"],
    ["/acme/x%3by/globex", "path-parameter"],
    ["/acme/x%23y/globex", "path-encoded-delimiter"],
    ["/acme/x%3Fy/globex", "path-encoded-delimiter"],
    ["/acme/x%0ay/globex", "path-control-character"],
    ["/acme/x%7fy/globex", "path-control-character"],
    ["/acme/x%c2%85y/globex", "path-control-character"],
    ["/acme/%c0%ae%c0%ae/globex", "path-unreadable"],
    ["/acme/%/globex", "path-unreadable"],
    ["/acme/%zz/globex", "path-unreadable"],
    ["/acme/%u002f/globex", "path-unreadable"],
    ["/acme/[a]/globex", "path-unreadable"],
    ["/acme/%ef%bc%8fglobex", "path-separator-alike"],
];

/** Path segments that clients are allowed to send after a tenant's. */
const CANONICAL = [
    "M%C3%BCnchen",
    "m%c3%bcnchen",
    "%E6%97%A5%E6%9C%AC",
    "%F0%9F%98%80",
    "a%20b",
    "!$&'()*+,=:@",
    "~a._-",
    "a%7Cb",
    "%5Ba%5D",
    "%24%26%2B%2C%3D%3A%40",
    "x/",
    "x?q=/../%2F;%25&y=//",
    "v1.2.3...tar",
    `${"long".repeat(500)}/x`,
];

for (const { label, service, head, bases } of HOSTS) {
    describe(`the edge of ${label}, in a real Envoy`, () => {
        let edge: Edge;
        before(async function () {
            const program = await requireEnvoy(this);
            edge = await startEdge(program, { objects, gateway: "public", service, port: 8080 });
        });
        after(async () => {
            await (edge as Edge | undefined)?.stop();
        });
        const get = (path: string) =>
            edge.viaGateway({ path, host: hostOf(label), headers: { authorization } });

        it(`answers none of ${COUNT} spellings that an application parses as another tenant, and changes none that it answers`, async function () {
            this.timeout(120_000);
            const wrong: string[] = [];
            const reasons = new Set<string>();
            const answered: string[] = [];
            for (const path of spellings(bases, COUNT, SEED)) {
                const answer = await get(path);
                if (answer.status !== 200) {
                    reasons.add(/^path-[a-z-]+/.exec(answer.body)?.[0] ?? String(answer.status));
                    continue;
                }
                const seen = receivedRequest(answer);
                answered.push(seen.path);
                const others = [...tenantsRead(seen.path, head)].filter((tenant) => tenant !== "acme");
                if (others.length > 0) wrong.push(`${path} -> ${seen.path} reads ${others.join(", ")}`);
                // A path that passed once passes again unchanged: it is a fixed point of all proxies together.
                const again = await get(seen.path);
                if (again.status !== 200 || receivedRequest(again).path !== seen.path)
                    wrong.push(`${path} -> ${seen.path} is not stable`);
            }
            assert.deepEqual(wrong, []);
            assert.ok(
                answered.length > 10,
                `only ${answered.length} were answered: the corpus has too few valid paths`,
            );
            // The corpus must contain rejections for every reason.
            for (const reason of REASONS) assert.ok(reasons.has(reason), `nothing was rejected as ${reason}`);
        });

        it("rejects a path with 400 and a reason", async () => {
            const [first = ""] = bases;
            for (const [spelling, reason] of LISTED) {
                const path = first.replace("/globex", () => spelling);
                const { status, body } = await get(path);
                assert.deepEqual([status, body.split(":", 1)[0]], [400, reason], path);
            }
        });

        it("rejects a deciding segment that only some programs parse", async () => {
            const [first = ""] = bases;
            const last = head.at(-1) ?? "";
            for (const spelling of [
                last.toUpperCase(),
                `${last}.`,
                `${last}%20`,
                last.replace("s", "%C5%BF"),
            ]) {
                const path = first.replace(`/${last}/`, `/${spelling}/`);
                const { status, body } = await get(path);
                assert.deepEqual([status, body.split(":", 1)[0]], [400, "path-spelling"], path);
            }
        });

        it("forwards canonical paths byte for byte, also at the sidecar", async () => {
            const under = `/${[...head, "acme"].join("/")}`;
            for (const name of CANONICAL) {
                const path = `${under}/${name}`;
                const answer = await get(path);
                assert.equal(answer.status, 200, `${path}: ${answer.body}`);
                assert.equal(receivedRequest(answer).path, path);
            }
        });
    });
}
