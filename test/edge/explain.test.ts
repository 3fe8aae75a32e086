/** Compares `mesh explain` with a real Envoy for many spellings of paths. */
import assert from "node:assert/strict";
import { MeshSnapshot } from "../../cli/lib/snapshot/snapshot";
import { explain } from "../../cli/explain/explain";
import { platform } from "../../catalogue/platform";
import { deriveAll } from "../../components/concerns";
import { type Edge, JWKS, startEdge } from "../support/envoy/edge";
import { requireEnvoy } from "../support/envoy/program";
import { config, withEdge, objectsOf } from "../support/edge";
import { spellings } from "./corpus/spellings";

const COUNT = 600;
const [issuer] = config.edge.issuers;
assert.ok(issuer);
const { issuer: name, audiences, claims } = issuer;
const objects = objectsOf({
    config: withEdge({ issuers: [{ issuer: name, audiences, claims, jwks: JWKS }] }),
});
const BASES = [
    "/v1/alerts",
    "/v1/alerts/a*b",
    "/v1/alerts/a,b",
    "/v1/alerts/",
    "/v1/x/../alerts/42",
    "/internal/x",
];

/** Paths of field reports, and the expected verdicts. */
const KNOWN: Readonly<Record<string, boolean>> = {
    "/v1/alerts": true,
    "/v1/./alerts": true,
    "/v1/x/../alerts": true,
    "/v1/%61lerts": true,
    "/v1/alerts/a*b": true,
    "/v1/alerts/{a}": true,
    "/v1/alerts/a%7Cb": true,
    "/v1/alerts/%C3%BC": true,
    "/v1/alerts?x=1": true,
    "//v1/alerts": false,
    "/v1//alerts": false,
    "/v1%2Falerts": false,
    "/v1/alerts/a%2Fb": false,
    "/v1/x/.%2e;/alerts": false,
    "/v1/alerts;x=1": false,
    "/V1/alerts": false,
};

describe("mesh explain, compared with a real Envoy", () => {
    const snapshot = new MeshSnapshot(deriveAll({ catalogue: platform, config }));
    const allowed = (path: string) =>
        explain(snapshot, platform, {
            source: "api-gateway",
            destination: "alerts",
            port: "http",
            path,
        }).some(({ verdict }) => verdict.allowed);
    let edge: Edge;
    before(async function () {
        const program = await requireEnvoy(this);
        edge = await startEdge(program, {
            objects,
            gateway: "public",
            service: "alerts",
            port: 8080,
        });
    });
    after(async () => {
        await (edge as Edge | undefined)?.stop();
    });
    const answered = async (path: string) => {
        const { status } = await edge.toSidecar({ path, host: "alerts.sparc:8080" });
        assert.ok([200, 400, 403, 404].includes(status), `${path}: ${status}`);
        return status === 200;
    };

    it("agrees with Envoy on known spellings", async () => {
        for (const [path, expected] of Object.entries(KNOWN)) {
            assert.equal(await answered(path), expected, `Envoy: ${path}`);
            assert.equal(allowed(path), expected, `mesh explain: ${path}`);
        }
    });

    it(`agrees with Envoy on ${COUNT} generated spellings`, async function () {
        this.timeout(120_000);
        const wrong: string[] = [];
        for (const path of spellings(BASES, COUNT, 8)) {
            // Users do not pass non-ASCII bytes, control characters and absolute forms on a command line.
            if (!/^\/[!-~]*$/.test(path)) continue;
            const [real, explained] = [await answered(path), allowed(path)];
            if (real !== explained) wrong.push(`${path}: Envoy ${real}, mesh explain ${explained}`);
        }
        assert.deepEqual(wrong, []);
    });

    it("names the reason", () => {
        const [first] = explain(snapshot, platform, {
            source: "api-gateway",
            destination: "alerts",
            port: "http",
            path: "/v1/alerts/a%2Fb",
        });
        const step = first?.verdict.steps.find(
            ({ verdict, layer }) => verdict === "denied" && layer === "EnvoyFilter",
        );
        assert.match(step?.text ?? "", /^400 path-encoded-slash: .*%2F/);
        assert.deepEqual(step?.objects, ["istio-system/EnvoyFilter/canonical-paths"]);
    });
});
