/** Istio from one revision to another while services call each other and clients come in. */
import assert from "node:assert/strict";
import { MESHED_NAMESPACES } from "../../components/base/names";
import { loadStackFile } from "../../config/load";
import { CHECKOUT, mesh, withStack } from "./checkout";
import { get, target } from "./client";
import { Deployment } from "./deployment";
import { type Asked, asking, paced, underLoad } from "./load";
import { ASKED_BY_GATEWAY, callsFrom } from "./mesh-load";

const NEXT = "next";
/** 50 requests per second: the catalogue limits the host to 200. */
const INTERVAL_MS = 20;

describe("an upgrade of Istio by revision, on the node", function () {
    this.timeout(1_500_000);
    const { domain, istio } = loadStackFile("local", CHECKOUT);
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

    // What comes next would find another revision than its own.
    after(() => mesh(CHECKOUT, ["down"]));

    it("begins with every proxy on the one that is there", async () => {
        const [first] = istio.revisions;
        assert.equal(await istiods(), `deployment.apps/istiod-${first?.name ?? ""}`);
        const found = await revisions();
        assert.ok(found.length >= 28);
        assert.deepEqual([...new Set(found.map(([, revision]) => revision))], [first?.name]);
    });

    it("ends with every proxy on the next, and no request has failed inside or at the edge", async () => {
        const host = `auth.${domain}`;
        const atEdge = paced(
            asking(
                () => get(target(node.entry, host, "/login")),
                ({ status }) => (status === 200 ? undefined : `HTTP ${status}`),
            ),
            INTERVAL_MS,
        );
        let edge: Asked = { count: 0, failures: [] };
        const inside = await underLoad(callsFrom(node, "api-gateway", ASKED_BY_GATEWAY), 1, async () => {
            edge = await underLoad(atEdge, 1, async () => {
                const { status, stdout, stderr } = await mesh(copy, ["upgrade", "--to", NEXT, "--apply"]);
                assert.equal(status, 0, stdout + stderr);
            });
        });
        for (const [where, { count, failures }] of Object.entries({ inside, edge }))
            process.stdout.write(
                `      ${count} requests ${where} during the upgrade, ${failures.length} failed\n`,
            );
        assert.equal(await istiods(), `deployment.apps/istiod-${NEXT}`);
        const found = await revisions();
        assert.ok(found.length >= 28);
        assert.deepEqual([...new Set(found.map(([, revision]) => revision))], [NEXT]);
        assert.deepEqual({ inside: inside.failures, edge: edge.failures }, { inside: [], edge: [] });
        assert.ok(inside.count > 500 && edge.count > 100);
    });

    it("is done: the plan has no step left, and another up changes nothing", async () => {
        const plan = await mesh(copy, ["upgrade", "--to", NEXT, "--json"]);
        assert.deepEqual((JSON.parse(plan.stdout) as { steps: unknown[] }).steps, []);
        const { created, updated, pruned } = await node.up(copy);
        assert.deepEqual({ created, updated, pruned }, { created: 0, updated: 0, pruned: 0 });
    });
});
