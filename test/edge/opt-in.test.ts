/** Exposures that opted in to non-canonical paths, in a real Envoy: access decisions stay strict. */
import assert from "node:assert/strict";
import type { Catalogue, PathForms } from "../../catalogue/model";
import { platform } from "../../catalogue/platform";
import { type Edge, JWKS, receivedRequest, startEdge, token } from "../support/envoy/edge";
import { requireEnvoy } from "../support/envoy/program";
import { config, withEdge, objectsOf } from "../support/edge";
import { tenantsRead } from "./corpus/readings";
import { spellings } from "./corpus/spellings";

const [issuer] = config.edge.issuers;
assert.ok(issuer);
const { issuer: name, audiences, claims } = issuer;
const stack = withEdge({ issuers: [{ issuer: name, audiences, claims, jwks: JWKS }] });
const authorization = `Bearer ${token({ iss: name, aud: audiences[0], tenant: "acme" })}`;
const host = `api.${config.domain}`;
const COUNT = 800;
const BASES = [
    "/v1/tenants/globex/secret",
    "/v1/tenants/acme/x",
    "/v1/projects/group%2Fproject/x",
    "/v1/cars;color=red/x",
];

/** The platform with `paths` for the api host. */
function withForms(paths: PathForms): Catalogue {
    const service = platform.services["api-gateway"];
    assert.ok(service?.exposures);
    const exposed = service.exposures.map((one) => ({ ...one, paths }));
    return {
        ...platform,
        services: { ...platform.services, "api-gateway": { ...service, exposures: exposed } },
    };
}

const CASES: readonly { forms: PathForms; pass: readonly string[]; rejected: readonly string[] }[] = [
    {
        forms: { encodedSlashes: true },
        pass: ["/v1/projects/group%2Fproject", "/v1/keys/a%2fb%2Fc/", "/v1/tenants/acme/keys/a%2Fb"],
        rejected: [
            "/v1/keys/a%2F..%2Fb",
            "/v1/keys/..%2Fb",
            "/v1/keys/a%2F%2Fb",
            "/v1/keys/%2Fb",
            "/v1%2Ftenants/globex",
            "/v1/tenants%2Fglobex",
            "/v1/tenants/acme%2Fx",
            "/v1/tenants/acme%2F..%2Fglobex",
            "/v1/cars;color=red",
        ],
    },
    {
        forms: { parameters: true },
        pass: ["/v1/cars;color=red", "/v1/tenants/acme/cars;color=red/x", "/v1/cars%3Bx"],
        rejected: [
            "/v1/tenants;x/globex",
            "/v1/tenants/globex;x",
            "/v1/tenants/acme;x",
            "/v1/x/..;/tenants/globex/..;y/z",
            "/v1/tenants/acme/.%2e;/globex",
            "/v1/projects/a%2Fb",
        ],
    },
    {
        forms: { ignoreCase: true },
        pass: ["/v1/Tenants/acme/x", "/v1/TENANTS/acme"],
        rejected: [
            "/v1/Tenants/globex",
            "/v1/TENANTS/globex/x",
            "/v1/tenants/ACME/x",
            "/v1/ten%C3%A4nts/globex",
        ],
    },
];

for (const { forms, pass, rejected: rejected } of CASES) {
    const opted = Object.keys(forms).join(", ");
    describe(`an exposure that opted in to ${opted}, in a real Envoy`, () => {
        let edge: Edge;
        before(async function () {
            const program = await requireEnvoy(this);
            const objects = objectsOf({ config: stack, catalogue: withForms(forms) });
            edge = await startEdge(program, {
                objects,
                gateway: "public",
                service: "api-gateway",
                port: 8080,
            });
        });
        after(async () => {
            await (edge as Edge | undefined)?.stop();
        });
        const get = (path: string) => edge.viaGateway({ path, host, headers: { authorization } });

        it("forwards them unchanged, also through the sidecar", async () => {
            for (const path of pass) {
                const answer = await get(path);
                assert.equal(answer.status, 200, `${path}: ${answer.body}`);
                assert.equal(receivedRequest(answer).path, path);
            }
        });

        it("rejects spellings that change the decision in another parsing", async () => {
            for (const path of rejected) {
                const { status } = await get(path);
                assert.ok(status === 400 || status === 403, `${path}: ${status}`);
            }
        });

        it(`answers none of ${COUNT} spellings that an application parses as another tenant`, async function () {
            this.timeout(60_000);
            const wrong: string[] = [];
            for (const path of spellings(BASES, COUNT, 15)) {
                const answer = await get(path);
                if (answer.status !== 200) continue;
                const seen = receivedRequest(answer).path;
                const others = [...tenantsRead(seen, ["v1", "tenants"])].filter(
                    (tenant) => tenant !== "acme",
                );
                if (others.length > 0) wrong.push(`${path} -> ${seen} reads ${others.join(", ")}`);
            }
            assert.deepEqual(wrong, []);
        });
    });
}

describe("a port that opted in to encoded slashes, in a real Envoy", () => {
    it("accepts them from the mesh, while its gateway still rejects them", async function () {
        const program = await requireEnvoy(this);
        const service = platform.services["api-gateway"];
        assert.ok(service);
        const ports = Object.fromEntries(
            Object.entries(service.ports).map(([key, port]) => [
                key,
                port.protocol === "http" ? { ...port, paths: { encodedSlashes: true } } : port,
            ]),
        );
        const services = { ...platform.services, "api-gateway": { ...service, ports } };
        const objects = objectsOf({ config: stack, catalogue: { ...platform, services } });
        const edge = await startEdge(program, {
            objects,
            gateway: "public",
            service: "api-gateway",
            port: 8080,
        });
        try {
            const path = "/v1/projects/group%2Fproject";
            const inside = await edge.toSidecar({ path, host });
            assert.equal(receivedRequest(inside).path, path);
            assert.equal((await edge.toSidecar({ path: "/v1/a;b", host })).status, 400);
            assert.equal((await edge.viaGateway({ path, host, headers: { authorization } })).status, 400);
        } finally {
            await edge.stop();
        }
    });
});
