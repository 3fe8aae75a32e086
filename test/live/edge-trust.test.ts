/** What the edge does not trust: an issuer with unreachable keys, staff outside the allow-list, and dry-run policies. */
import assert from "node:assert/strict";
import { serviceHost } from "../../components/base/names";
import { loadStackFile } from "../../config/load";
import type { Sign } from "../../cli/verify";
import { CHECKOUT, withStack } from "./checkout";
import { get, target } from "./client";
import { Deployment, type Entry } from "./deployment";
import { eventually } from "./eventually";
import { bearer, signerOf } from "./tokens";

describe("trust at the edge, on the local cluster", function () {
    this.timeout(600_000);
    const { edge, domain } = loadStackFile("local", CHECKOUT);
    const [issuer] = edge.issuers;
    assert.ok(issuer !== undefined);
    const silent = {
        issuer: "https://silent.example.com",
        audiences: [...issuer.audiences],
        jwksUri: "https://silent.example.com/jwks.json",
    };
    const elsewhere = "203.0.113.0/24";
    let node: Deployment;
    let sign: Sign;
    let signSilent: Sign;
    let admin: Entry;

    async function asStaff(headers: Record<string, string> = {}): Promise<number> {
        const options = target(admin, `admin.${domain}`, "/", {
            ...bearer(sign, { roles: [edge.adminRole] }),
            ...headers,
        });
        return (await get(options)).status;
    }

    /** A sidecar's counter of dry-run verdicts. */
    async function counted(service: string, verdict: "allowed" | "denied"): Promise<number> {
        const stats = await node.kubectl([
            ...["exec", "--namespace", "sparc", `deployment/${service}`, "--container", "istio-proxy", "--"],
            ...["pilot-agent", "request", "GET", "stats?filter=shadow"],
        ]);
        const lines = stats.matchAll(new RegExp(`istio_dry_run_allow_\\.?shadow_${verdict}: (\\d+)$`, "gm"));
        return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
    }

    before(async () => {
        node = await Deployment.of();
        const port = await node.kubectl([
            ...["get", "service", "--namespace", "istio-ingress", "istio-admingateway"],
            ...["--output", 'jsonpath={.spec.ports[?(@.name=="https")].nodePort}'],
        ]);
        admin = { ...node.entry, port: Number(port) };
        sign = await signerOf(issuer);
        signSilent = await signerOf({ ...issuer, issuer: silent.issuer });
        assert.equal(await asStaff(), 200, "staff from a listed network");
        await node.up(
            withStack({
                edge: {
                    issuers: [
                        { issuer: issuer.issuer, audiences: issuer.audiences, jwks: '{"keys":[]}' },
                        silent,
                    ],
                    jwksCidrs: ["198.51.100.0/24"],
                    adminCidrs: [elsewhere],
                    corsOrigins: edge.corsOrigins,
                    clientAddress: "direct",
                    rateLimit: { replicas: 1 },
                },
                access: { dryRun: ["sparc/search-from-api-gateway"] },
            }),
        );
    });

    after(() => node.up());

    it("rejects all tokens of an issuer with unreachable keys, and accepts the other issuers'", async () => {
        await eventually(async () => {
            const api = (headers: Record<string, string>) =>
                get(target(node.entry, `api.${domain}`, "/v1/x", headers));
            assert.equal((await api(bearer(signSilent))).status, 401);
            assert.equal((await api(bearer(sign))).status, 200);
        });
    });

    it("allows staff only from the listed networks, whatever client address they claim", async () => {
        await eventually(async () => {
            assert.equal(await asStaff(), 403);
        });
        assert.equal(await asStaff({ "x-forwarded-for": "203.0.113.7" }), 403);
    });

    it("counts the verdicts of a dry-run policy without enforcing it", async () => {
        const address = `${serviceHost("search")}:8080`;
        const path = "/v1/search";
        // Old connections keep the old filters, which count nothing: none of the requests may use one of them.
        await eventually(async () => {
            const tried = await node.probe("api-gateway", Array<object>(20).fill({ address, path }));
            assert.deepEqual(new Set(tried.map(({ status }) => status)), new Set([403]));
        });
        const indexing = { address, method: "PUT", path: "/v1/documents/7" };
        const before = {
            allowed: await counted("search", "allowed"),
            denied: await counted("search", "denied"),
        };
        await node.probe("api-gateway", Array<object>(5).fill({ address, path }));
        assert.equal((await counted("search", "allowed")) - before.allowed, 5);
        const others = await node.probe("analytics", Array<object>(7).fill(indexing));
        assert.deepEqual(new Set(others.map(({ status }) => status)), new Set([200]));
        assert.equal((await counted("search", "denied")) - before.denied, 7);
    });
});
