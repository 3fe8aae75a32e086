/** Two exposures of one service at one gateway, one of which demands no token: what its sidecar lets through, in a real Envoy. */
import assert from "node:assert/strict";
import type { Catalogue } from "../../catalogue/model";
import { platform as catalogue } from "../../catalogue/platform";
import type { Manifest } from "../../components/base/manifest";
import { type Edge, JWKS, seenBy, startEdge } from "../support/envoy/edge";
import { requireEnvoy } from "../support/envoy/program";
import { config, edgeOf, objectsOf } from "../support/edge";

const [issuer] = config.edge.issuers;
assert.ok(issuer);
const { issuer: name, audiences, claims } = issuer;
const stack = edgeOf({ issuers: [{ issuer: name, audiences, claims, jwks: JWKS }] });

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

/** Without the filters that refuse such paths before policies see them: the policies are what is judged here. */
function withoutPathFilters(objects: readonly Manifest[]): Manifest[] {
    return objects.filter(({ metadata }) => !metadata.name.startsWith("canonical-paths"));
}

/** As the callee's policies were when they named no host. */
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

    it("answers under each host what that host exposes", async () => {
        const answer = await edge.enter({ path: "/public/a", host: open });
        assert.equal(answer.status, 200);
        assert.equal(seenBy(answer).path, "/public/a");
        assert.equal((await edge.enter({ path: "/private/a", host: open })).status, 403);
    });

    // What the gateway's Envoy reads as below /public, and the sidecar's Envoy as /private/a.
    const crossing = "/public/.%2e;/private/a";

    it("is reached under no host at what another exposes, even if its sidecar reads the path in another way", async () => {
        assert.equal((await edge.enter({ path: crossing, host: open })).status, 403);
    });

    it("was, while its policies named no host", async () => {
        const answer = await unnamed.enter({ path: crossing, host: open });
        assert.deepEqual([answer.status, seenBy(answer).path], [200, "/private/a"]);
    });
});
