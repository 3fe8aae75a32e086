/** Well-behaved clients, through the derived configuration in a real Envoy: browsers, webhooks, SDKs, old libraries. */
import assert from "node:assert/strict";
import { METHODS } from "../../catalogue/methods";
import type { EnvoyFilterManifest, Manifest, VirtualServiceManifest } from "../../components/base/manifest";
import { type Edge, JWKS, receivedRequest, startEdge, token } from "../support/envoy/edge";
import { EXTENSIONS } from "../support/envoy/patched";
import { requireEnvoy } from "../support/envoy/program";
import { config, withEdge, objectsOf } from "../support/edge";

const [issuer] = config.edge.issuers;
assert.ok(issuer);
const ROLES = "https://sparc.example.com/roles";
const stack = withEdge({
    issuers: [
        {
            issuer: issuer.issuer,
            audiences: issuer.audiences,
            jwks: JWKS,
            claims: { tenant: "tenant", roles: [ROLES], plan: "plan" },
        },
    ],
    corsOrigins: ["https://app.example.com", "https://*.preview.example.com", "capacitor://localhost"],
    cors: { ...config.edge.cors, headers: ["idempotency-key"] },
});
const claims = { iss: issuer.issuer, aud: issuer.audiences[0], tenant: "acme" };
const good = token(claims);
const HOSTS = {
    api: `api.${config.domain}`,
    auth: `auth.${config.domain}`,
    hooks: `hooks.${config.domain}`,
};
const path = "/v1/alerts";

/** A VirtualService's CORS policy on its routes, as istiod translates it (pilot/pkg/networking/core/route/route.go). */
function corsRoutes(objects: readonly Manifest[]): EnvoyFilterManifest {
    const configPatches = Object.entries(HOSTS).flatMap(([name, host]) => {
        const cors = objects
            .filter((object): object is VirtualServiceManifest => object.kind === "VirtualService")
            .find(({ spec }) => spec.hosts?.[0] === host)?.spec.http?.[0]?.corsPolicy;
        if (cors === undefined) return [];
        const policy = {
            "@type": `${EXTENSIONS}.filters.http.cors.v3.CorsPolicy`,
            allow_origin_string_match: cors.allowOrigins?.map(({ exact, regex }) =>
                regex === undefined ? { exact } : { safe_regex: { regex } },
            ),
            allow_methods: cors.allowMethods?.join(","),
            allow_headers: cors.allowHeaders?.join(","),
            expose_headers: cors.exposeHeaders?.join(","),
            allow_credentials: cors.allowCredentials,
            filter_enabled: { default_value: { numerator: 100 } },
        };
        const match = { context: "GATEWAY", routeConfiguration: { vhost: { route: { name } } } };
        const value = { typed_per_filter_config: { "envoy.filters.http.cors": policy } };
        return [{ applyTo: "HTTP_ROUTE", match, patch: { operation: "MERGE", value } } as const];
    });
    const metadata = { name: "istiod-cors", namespace: "istio-ingress" };
    return {
        apiVersion: "networking.istio.io/v1alpha3",
        kind: "EnvoyFilter",
        metadata,
        spec: { configPatches },
    } as unknown as EnvoyFilterManifest;
}

describe("clients at a gateway, in a real Envoy", function () {
    this.timeout(120_000);
    let edge: Edge;
    before(async function () {
        const program = await requireEnvoy(this);
        const objects = objectsOf({ config: stack });
        edge = await startEdge(program, {
            gateway: "public",
            service: "api-gateway",
            port: 8080,
            policies: false,
            objects: [...objects, corsRoutes(objects)],
            hosts: HOSTS,
        });
    });
    after(async () => {
        await (edge as Edge | undefined)?.stop();
    });

    const foreign = {
        "no JWT": { authorization: "Bearer whsec_123" },
        "an expired JWT": { authorization: `Bearer ${token({ ...claims, exp: 1 })}` },
        "another issuer's JWT": { authorization: `Bearer ${token({ ...claims, iss: "https://other" })}` },
    };
    for (const [what, headers] of Object.entries(foreign)) {
        it(`with ${what} are answered at hosts without authentication, and rejected at others`, async () => {
            for (const host of [HOSTS.auth, HOSTS.hooks, `${HOSTS.hooks}.`, `${HOSTS.hooks}:443`])
                assert.equal((await edge.viaGateway({ path: "/login", host, headers })).status, 200, host);
            assert.equal((await edge.viaGateway({ path, host: HOSTS.api, headers })).status, 401);
        });
    }

    it("with a valid token have no identity at a host without authentication", async () => {
        const headers = { authorization: `Bearer ${good}`, "x-tenant": "acme" };
        const query = `/login?access_token=${good}`;
        const answer = await edge.viaGateway({ path: query, host: HOSTS.auth, headers });
        assert.equal(answer.status, 200);
        const seen = receivedRequest(answer).headers;
        for (const name of ["x-tenant", "x-roles", "x-plan", "x-subject"])
            assert.equal(seen[name], undefined);
        assert.equal(
            (await edge.viaGateway({ path: `${path}?access_token=${good}`, host: HOSTS.api, headers }))
                .status,
            403,
        );
    });

    for (const scheme of ["Bearer", "bearer", "BEARER", "bEaReR"]) {
        it(`can write the scheme as ${scheme}`, async () => {
            const headers = { authorization: `${scheme} ${good}` };
            const answer = await edge.viaGateway({ path, host: HOSTS.api, headers });
            assert.equal(answer.status, 200, answer.body);
            assert.equal(receivedRequest(answer).headers["x-tenant"], "acme");
            const two = { authorization: `${scheme} ${good}`, Authorization: `${scheme} ${good}` };
            assert.notEqual((await edge.viaGateway({ path, host: HOSTS.api, headers: two })).status, 200);
        });
    }

    it("lose a header with an underscore, but not the request", async () => {
        const headers = { authorization: `Bearer ${good}`, x_tenant: "globex", "ot-baggage-trace_id": "1" };
        const answer = await edge.viaGateway({ path, host: HOSTS.api, headers });
        assert.equal(answer.status, 200);
        const names = Object.keys(receivedRequest(answer).headers);
        assert.deepEqual(
            names.filter((name) => name.includes("_")),
            [],
        );
    });

    it("can write a host with its port, with a trailing dot, and in capitals", async () => {
        const headers = { authorization: `Bearer ${good}` };
        for (const host of [
            `${HOSTS.api}.`,
            `${HOSTS.api}:443`,
            `${HOSTS.api}.:8443`,
            HOSTS.api.toUpperCase(),
        ]) {
            const answer = await edge.viaGateway({ path, host, headers });
            assert.equal(answer.status, 200, host);
            assert.equal(receivedRequest(answer).headers["host"]?.toLowerCase(), HOSTS.api, host);
            const other = await edge.viaGateway({ path: "/v1/tenants/globex", host, headers });
            assert.equal(other.status, 403, `${host}: another tenant's path`);
        }
    });

    const origins = ["https://app.example.com", "https://pr-7.preview.example.com", "capacitor://localhost"];
    const refusals = {
        401: { path, headers: { authorization: `Bearer ${token({ ...claims, exp: 1 })}` } },
        403: { path: "/v1/tenants/globex", headers: { authorization: `Bearer ${good}` } },
        400: { path: "/v1/x//y", headers: { authorization: `Bearer ${good}` } },
    };
    for (const [status, { path: rejectedPath, headers }] of Object.entries(refusals)) {
        it(`in a browser can read a ${status} from a listed origin`, async () => {
            for (const origin of origins) {
                const answer = await edge.viaGateway({
                    path: rejectedPath,
                    host: HOSTS.api,
                    headers: { ...headers, origin },
                });
                assert.deepEqual(
                    [answer.status, answer.headers["access-control-allow-origin"]],
                    [Number(status), origin],
                );
            }
            for (const origin of ["https://evil.example.com", "https://a.b.preview.example.com", "null"]) {
                const answer = await edge.viaGateway({
                    path: rejectedPath,
                    host: HOSTS.api,
                    headers: { ...headers, origin },
                });
                assert.equal(answer.headers["access-control-allow-origin"], undefined, origin);
            }
        });
    }

    it("in a browser can also read Envoy's rejections before any filter", async () => {
        for (const [origin, allowed] of [
            [origins[0]!, origins[0]],
            ["https://evil.example.com", undefined],
        ] as const) {
            const answer = await edge.viaGateway({ path: "/v1/%00", host: HOSTS.api, headers: { origin } });
            assert.deepEqual([answer.status, answer.headers["access-control-allow-origin"]], [400, allowed]);
        }
    });

    it("in a browser get preflight responses without a token", async () => {
        const preflight = (origin: string) =>
            edge.viaGateway({
                method: "OPTIONS",
                path,
                host: HOSTS.api,
                headers: { origin, "access-control-request-method": "PUT" },
            });
        for (const origin of origins) {
            const { status, headers } = await preflight(origin);
            assert.deepEqual([status, headers["access-control-allow-origin"]], [200, origin]);
            assert.match(headers["access-control-allow-headers"] ?? "", /\bidempotency-key\b/);
            assert.equal(headers["x-envoy-upstream-service-time"], undefined, "the gateway itself answers");
        }
        assert.equal(
            (await preflight("https://evil.example.com")).headers["access-control-allow-origin"],
            undefined,
        );
    });

    it("can use every method that the catalogue supports", async () => {
        for (const method of METHODS) {
            const answer = await edge.viaGateway({ method, path: "/login", host: HOSTS.auth });
            assert.ok("x-envoy-upstream-service-time" in answer.headers, `${method}: ${answer.status}`);
        }
    });

    it("are identified by claims with dots in their names", async () => {
        const roles = ['a "b"', "platform-admin"];
        const headers = { authorization: `Bearer ${token({ ...claims, [ROLES]: roles })}` };
        const seen = receivedRequest(await edge.viaGateway({ path, host: HOSTS.api, headers })).headers;
        assert.deepEqual(JSON.parse(Buffer.from(seen["x-roles"] ?? "", "base64").toString()), roles);
        const none = { authorization: `Bearer ${good}`, "x-roles": "spoofed" };
        assert.equal(
            receivedRequest(await edge.viaGateway({ path, host: HOSTS.api, headers: none })).headers[
                "x-roles"
            ],
            undefined,
        );
    });
});
