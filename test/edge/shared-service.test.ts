/** Two exposures of one service at one gateway, one without a token: what the sidecar allows, in a real Envoy. */
import assert from "node:assert/strict";
import type { Catalogue } from "../../catalogue/model";
import { platform as catalogue } from "../../catalogue/platform";
import type { Manifest } from "../../components/base/manifest";
import { type Edge, JWKS, receivedRequest, startEdge } from "../support/envoy/edge";
import { requireEnvoy } from "../support/envoy/program";
import { config, withEdge, objectsOf } from "../support/edge";

const [issuer] = config.edge.issuers;
assert.ok(issuer);
const { issuer: name, audiences, claims } = issuer;
const stack = withEdge({ issuers: [{ issuer: name, audiences, claims, jwks: JWKS }] });

const exposure = { gateway: "public", port: "http", timeout: "5s" } as const;
const files: Catalogue["services"][string] = {
    domain: "test",
    summary: "Has two hosts.",
    tier: "standard",
    ports: {
        http: { protocol: "http", number: 8080, requests: ["GET /public/{**}", "GET /private/{**}"] },
    },
    exposures: [
        { ...exposure, host: "open", requests: ["GET /public/{**}"], authentication: "none" },
        { ...exposure, host: "closed", requests: ["GET /private/{**}"], authentication: "jwt" },
    ],
};
const open = `open.${config.domain}`;

/** Without the filters that reject such paths before authorization: this tests the policies. */
function withoutPathFilters(objects: readonly Manifest[]): Manifest[] {
    return objects.filter(({ metadata }) => !metadata.name.startsWith("canonical-paths"));
}

/** The callee's policies without hosts, as in earlier versions. */
function withoutHosts(objects: readonly Manifest[]): Manifest[] {
    return objects.map((object) =>
        object.kind === "AuthorizationPolicy" && object.metadata.namespace === "sparc"
            ? (JSON.parse(
                  JSON.stringify(object, (key, value: unknown) => (key === "hosts" ? undefined : value)),
              ) as Manifest)
            : object,
    );
}

describe("a service with two exposures at one gateway, in a real Envoy", function () {
    this.timeout(120_000);
    const derived = withoutPathFilters(
        objectsOf({ config: stack, catalogue: { ...catalogue, services: { ...catalogue.services, files } } }),
    );
    const edges: Edge[] = [];
    let edge: Edge;
    let unnamed: Edge;
    before(async function () {
        const program = await requireEnvoy(this);
        const options = { gateway: "public", service: "files", port: 8080 } as const;
        edge = await startEdge(program, { ...options, objects: derived });
        edges.push(edge);
        unnamed = await startEdge(program, { ...options, objects: withoutHosts(derived) });
        edges.push(unnamed);
    });
    after(async () => {
        for (const one of edges) await one.stop();
    });

    it("answers for each host the requests that it exposes", async () => {
        const answer = await edge.viaGateway({ path: "/public/a", host: open });
        assert.equal(answer.status, 200);
        assert.equal(receivedRequest(answer).path, "/public/a");
        assert.equal((await edge.viaGateway({ path: "/private/a", host: open })).status, 403);
    });

    // The gateway's Envoy parses it as below /public, the sidecar's Envoy as /private/a.
    const crossing = "/public/.%2e;/private/a";

    it("is not reachable by one host at the paths of another, even if its sidecar parses the path differently", async () => {
        assert.equal((await edge.viaGateway({ path: crossing, host: open })).status, 403);
    });

    it("would be reachable if its policies named no host", async () => {
        const answer = await unnamed.viaGateway({ path: crossing, host: open });
        assert.deepEqual([answer.status, receivedRequest(answer).path], [200, "/private/a"]);
    });
});
