/** `mesh explain` against a real Envoy: the same answer for every spelling of a path. */
import assert from "node:assert/strict";
import { World } from "../../cli/explain/world/world";
import { explain } from "../../cli/explain/explain";
import { platform } from "../../catalogue/platform";
import { deriveAll } from "../../components/concerns";
import { type Edge, JWKS, startEdge } from "../support/envoy/edge";
import { requireEnvoy } from "../support/envoy/program";
import { config, edgeOf, objectsOf } from "../support/edge";
import { spellings } from "./corpus/spellings";

const COUNT = 600;
const [issuer] = config.edge.issuers;
assert.ok(issuer);
const { issuer: name, audiences, claims } = issuer;
const objects = objectsOf({ config: edgeOf({ issuers: [{ issuer: name, audiences, claims, jwks: JWKS }] }) });
const BASES = [
    "/v1/alerts",
    "/v1/alerts/a*b",
    "/v1/alerts/a,b",
    "/v1/alerts/",
    "/v1/x/../alerts/42",
    "/internal/x",
];

/** Paths of field reports, and what the mesh says to each. */
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

describe("mesh explain, beside a real Envoy", () => {
    const world = new World(deriveAll({ catalogue: platform, config }));
    const allowed = (path: string) =>
        explain(world, platform, { source: "api-gateway", destination: "alerts", port: "http", path }).some(
            ({ verdict }) => verdict.allowed,
        );
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
        const { status } = await edge.inside({ path, host: "alerts.sparc:8080" });
        assert.ok([200, 400, 403, 404].includes(status), `${path}: ${status}`);
        return status === 200;
    };

    it("says of known spellings what Envoy does", async () => {
        for (const [path, expected] of Object.entries(KNOWN)) {
            assert.equal(await answered(path), expected, `Envoy: ${path}`);
            assert.equal(allowed(path), expected, `mesh explain: ${path}`);
        }
    });

    it(`agrees with it on ${COUNT} generated spellings`, async function () {
        this.timeout(120_000);
        const wrong: string[] = [];
        for (const path of spellings(BASES, COUNT, 8)) {
            // Octets beyond ASCII, controls and absolute forms are no paths that a user gives on a command line.
            if (!/^\/[!-~]*$/.test(path)) continue;
            const [real, told] = [await answered(path), allowed(path)];
            if (real !== told) wrong.push(`${path}: Envoy ${real}, mesh explain ${told}`);
        }
        assert.deepEqual(wrong, []);
    });

    it("names the reason", () => {
        const [first] = explain(world, platform, {
            source: "api-gateway",
            destination: "alerts",
            port: "http",
            path: "/v1/alerts/a%2Fb",
        });
        const step = first?.verdict.steps.find(
            ({ verdict, layer }) => verdict === "denies" && layer === "EnvoyFilter",
        );
        assert.match(step?.text ?? "", /^400 path-encoded-slash: .*%2F/);
        assert.deepEqual(step?.objects, ["istio-system/EnvoyFilter/canonical-paths"]);
    });
});
