/** An upgrade of Istio from one revision to another under load, in the mesh and at the edge. */
import assert from "node:assert/strict";
import { MESHED_NAMESPACES } from "../../components/base/names";
import { loadStackFile } from "../../config/load";
import { CHECKOUT, mesh, withStack } from "./checkout";
import { get, target } from "./client";
import { Deployment } from "./deployment";
import { type LoadResult, checkedRequest, paced, underLoad } from "./load";
import { API_GATEWAY_CALLS, callsFrom } from "./mesh-load";

const NEXT = "next";
/** 50 requests per second: the catalogue limits the host to 200. */
const INTERVAL_MS = 20;

/** The release after `version`: a plan must change the version. The embedded node runs the same images for both. */
function nextPatch(version = ""): string {
    const [major = "", minor = "", patch = ""] = version.split(".");
    return `${major}.${minor}.${Number(patch) + 1}`;
}

describe("an upgrade of Istio by revision, on the local cluster", function () {
    this.timeout(1_500_000);
    const { domain, istio } = loadStackFile("local", CHECKOUT);
    const version = nextPatch(istio.revisions[0]?.version);
    let node: Deployment;
    let copy: string;

    const revisions = async () => {
        const printed = await node.kubectl([
            ...["get", "pods", "--all-namespaces", "--output"],
            "jsonpath={range .items[?(@.metadata.annotations.istio\\.io/rev)]}" +
                "{.metadata.namespace} {.metadata.annotations.istio\\.io/rev}{'\\n'}{end}",
        ]);
        const lines = printed.trim().split("\n");
        const all = lines.map((line) => line.split(" ") as [string, string]);
        return all.filter(([namespace]) => (MESHED_NAMESPACES as readonly string[]).includes(namespace));
    };
    const istiods = async () =>
        (
            await node.kubectl([
                ...["get", "deployments", "--namespace", "istio-system", "--selector", "app=istiod"],
                ...["--output", "name"],
            ])
        ).trim();

    before(async () => {
        node = await Deployment.of();
        copy = withStack({});
    });

    // The next file expects the original revision.
    after(() => mesh(CHECKOUT, ["down"]));

    it("starts with every proxy on the current revision", async () => {
        const [first] = istio.revisions;
        assert.equal(await istiods(), `deployment.apps/istiod-${first?.name ?? ""}`);
        const before = await revisions();
        assert.ok(before.length >= 28);
        assert.deepEqual([...new Set(before.map(([, revision]) => revision))], [first?.name]);
    });

    it("ends with every proxy on the next revision, without a failed request in the mesh or at the edge", async () => {
        const host = `auth.${domain}`;
        const atEdge = paced(
            checkedRequest(
                () => get(target(node.entry, host, "/login")),
                ({ status }) => (status === 200 ? undefined : `HTTP ${status}`),
            ),
            INTERVAL_MS,
        );
        let edge: LoadResult = { count: 0, failures: [] };
        const inside = await underLoad(callsFrom(node, "api-gateway", API_GATEWAY_CALLS), 1, async () => {
            edge = await underLoad(atEdge, 1, async () => {
                const { status, stdout, stderr } = await mesh(copy, [
                    "upgrade",
                    "--to",
                    NEXT,
                    "--istio-version",
                    version,
                    "--apply",
                ]);
                assert.equal(status, 0, stdout + stderr);
            });
        });
        for (const [where, { count, failures }] of Object.entries({ inside, edge }))
            process.stdout.write(
                `      ${count} requests ${where} during the upgrade, ${failures.length} failed\n`,
            );
        assert.equal(await istiods(), `deployment.apps/istiod-${NEXT}`);
        const after_ = await revisions();
        assert.ok(after_.length >= 28);
        assert.deepEqual([...new Set(after_.map(([, revision]) => revision))], [NEXT]);
        assert.deepEqual({ inside: inside.failures, edge: edge.failures }, { inside: [], edge: [] });
        assert.ok(inside.count > 500 && edge.count > 100);
    });

    it("is complete: the plan has no step left, and another `mesh up` changes nothing", async () => {
        const plan = await mesh(copy, ["upgrade", "--to", NEXT, "--json"]);
        assert.deepEqual((JSON.parse(plan.stdout) as { steps: unknown[] }).steps, []);
        const { created, updated, pruned } = await node.up(copy);
        assert.deepEqual({ created, updated, pruned }, { created: 0, updated: 0, pruned: 0 });
    });
});
