/** Client headers that reach a service, through the derived configuration in a real Envoy. */
import assert from "node:assert/strict";
import { platform as catalogue } from "../../catalogue/platform";
import { type Edge, JWKS, receivedRequest, startEdge, token } from "../support/envoy/edge";
import { requireEnvoy } from "../support/envoy/program";
import { config, withEdge, objectsOf } from "../support/edge";

const [issuer] = config.edge.issuers;
assert.ok(issuer);
const { issuer: name, audiences, claims } = issuer;
const stack = withEdge({ issuers: [{ issuer: name, audiences, claims, jwks: JWKS }] });
const authorization = `Bearer ${token({ iss: name, aud: audiences[0], tenant: "acme" })}`;
const host = `api.${config.domain}`;

/** Headers that frameworks of several ecosystems trust; a handwritten list. */
const OBEYED = [
    "x-http-method-override", "x-http-method", "x-method-override", "x-original-url", "x-rewrite-url", "x-original-uri",
    "x-forwarded-host", "x-forwarded-port", "x-forwarded-prefix", "x-forwarded-path", "x-forwarded-server",
    "x-forwarded-ssl", "forwarded", "x-real-ip", "true-client-ip", "cf-connecting-ip", "client-ip", "x-client-ip",
    "x-cluster-client-ip", "x-mesh-probe", "x-host", "x-user", "x-user-id", "x-username", "x-tenant-id", "x-tenantid", "x-roles-list",
    "x-role", "x-plan-name", "x-subject-id", "x-original-host", "x-wap-profile", "x-envoy-original-path",
    "x-envoy-decorator-operation", "x-envoy-retry-on", "x-istio-attributes", "baggage", "b3", "x-b3-traceid", "x-b3-sampled",
    "x-forwarded-client-cert", "x-forwarded-user", "x-remote-user", "x-auth-request-email", "x-middleware-subrequest",
    "x-scope-orgid", "x-amzn-oidc-data", "x-amzn-oidc-identity", "x-amzn-mtls-clientcert", "x-goog-authenticated-user-email",
    "x-goog-iap-jwt-assertion", "x-ms-client-principal", "x-ms-client-principal-id", "cf-access-jwt-assertion", "impersonate-user",
    "impersonate-group", "x-webauth-user", "x-auth-user", "x-auth-username", "remote-user", "remote-groups", "remote-email",
    "remote-name", "x-userid", "x-userinfo", "x-endpoint-api-userinfo", "x-jwt-payload", "x-pomerium-jwt-assertion",
    "x-authentik-username", "ssl-client-cert", "ssl-client-verify", "ssl-client-subject-dn", "client-cert", "client-cert-chain",
    "x-forwarded-tls-client-cert", "x-forwarded-tls-client-cert-info", "x-arr-clientcert", "x!tenant", "x.tenant", "x~roles", "x'plan",
    "x|subject",
]; // prettier-ignore

describe("client headers, in a real Envoy", () => {
    let plain: Edge;
    let opted: Edge;
    before(async function () {
        const program = await requireEnvoy(this);
        const options = { gateway: "public", service: "api-gateway", port: 8080 } as const;
        plain = await startEdge(program, { ...options, objects: objectsOf({ config: stack }) });
        const gateway = catalogue.services["api-gateway"];
        assert.ok(gateway?.exposures);
        const exposed = gateway.exposures.map((one) => ({
            ...one,
            clientHeaders: ["x-http-method-override" as const],
        }));
        const services = { ...catalogue.services, "api-gateway": { ...gateway, exposures: exposed } };
        const objects = objectsOf({ config: stack, catalogue: { ...catalogue, services } });
        const hosts = { api: host, auth: `auth.${config.domain}` };
        opted = await startEdge(program, { ...options, objects, hosts, policies: false });
    });
    after(async () => {
        await (plain as Edge | undefined)?.stop();
        await (opted as Edge | undefined)?.stop();
    });

    const sent = {
        ...Object.fromEntries(OBEYED.map((one) => [one, "spoofed"])),
        "x-forwarded-for": "203.0.113.66",
    };
    const send = (edge: Edge) =>
        edge.viaGateway({
            path: "/v1/alerts",
            host,
            headers: { ...sent, authorization, "x-request-source": "mine" },
        });

    it("that frameworks trust do not reach a service", async () => {
        const { headers } = receivedRequest(await send(plain));
        assert.deepEqual(
            Object.entries(headers).filter(([, value]) => value.includes("spoofed")),
            [],
        );
        assert.equal(headers["x-tenant"], "acme");
        assert.ok(!headers["x-forwarded-for"]?.includes("203.0.113.66"), headers["x-forwarded-for"]);
    });

    it("that are custom reach the service", async () => {
        assert.equal(receivedRequest(await send(plain)).headers["x-request-source"], "mine");
    });

    it("reach only services whose exposure lists them", async () => {
        const { headers } = receivedRequest(await send(opted));
        const spoofed = Object.entries(headers).filter(([, value]) => value.includes("spoofed"));
        assert.deepEqual(spoofed, [["x-http-method-override", "spoofed"]]);
        const auth = await opted.viaGateway({ path: "/login", host: `auth.${config.domain}`, headers: sent });
        assert.equal(receivedRequest(auth).headers["x-http-method-override"], undefined);
    });
});
