/** An upgrade between two builds of Istio under load, in the mesh and at the edge, with a kill in between. */
import assert from "node:assert/strict";
import { MESHED_NAMESPACES } from "../../components/base/names";
import { loadStackFile, readStackFile } from "../../config/load";
import { CHECKOUT, mesh, meshUntil, withStack } from "./checkout";
import { get, target } from "./client";
import { Deployment } from "./deployment";
import { type LoadResult, checkedRequest, paced, underLoad } from "./load";
import { API_GATEWAY_CALLS, callsFrom } from "./mesh-load";

/** Two minor versions of Istio (local/toolchain/istio-versions.ts). */
const OLD = { name: "1-30-4", version: "1.30.4", commit: "9739e10eb9d7" };
const NEW = { name: "1-31-1", version: "1.31.1", commit: "eed52ebb66ad" };
/** 50 requests per second: the catalogue limits the host to 200. */
const INTERVAL_MS = 20;

describe("an upgrade of Istio by revision, on the local cluster", function () {
    this.timeout(3_600_000);
    this.retries(0);
    const { domain, istio } = loadStackFile("local", CHECKOUT);
    let node: Deployment;
    let copy: string;

    const proxies = async () => {
        const printed = await node.kubectl([
            ...["get", "pods", "--all-namespaces", "--output"],
            "jsonpath={range .items[?(@.metadata.annotations.istio\\.io/rev)]}" +
                "{.metadata.namespace} {.metadata.annotations.istio\\.io/rev} {.metadata.uid}{'\\n'}{end}",
        ]);
        return printed
            .trim()
            .split("\n")
            .map((line) => line.split(" ") as [string, string, string])
            .filter(([namespace]) => (MESHED_NAMESPACES as readonly string[]).includes(namespace));
    };
    const revisionsOf = async () => [...new Set((await proxies()).map(([, revision]) => revision))].sort();
    const istiods = async () =>
        (
            await node.kubectl([
                ...["get", "deployments", "--namespace", "istio-system", "--selector", "app=istiod"],
                ...["--output", "name"],
            ])
        )
            .trim()
            .split("\n");
    /** What the running binary reports, in istiod and in a sidecar. */
    const builds = async (revision: string) => {
        const istiod = ["--namespace", "istio-system", `deployment/istiod-${revision}`, "--"];
        const sidecar = ["--namespace", "sparc", "deployment/auth", "--container", "istio-proxy", "--"];
        return Promise.all([
            node.kubectl(["exec", ...istiod, "pilot-discovery", "version"]),
            node.kubectl(["exec", ...sidecar, "pilot-agent", "version"]),
        ]);
    };
    const upgrade = ["upgrade", "--to", NEW.name, "--apply"];

    before(async () => {
        // A node of earlier files runs the newer version.
        await mesh(CHECKOUT, ["down"]);
        const { name, version } = OLD;
        const { istio: settings, telemetry } = readStackFile("local", CHECKOUT) as Record<string, object>;
        copy = withStack({
            istio: { ...settings, revisions: [{ name, version }] },
            // Proxies of Istio 1.30 would add queries to spans, so the program rejects a collector for them.
            telemetry: { ...telemetry, tracing: { collector: { from: "none" } } },
        });
        node = await Deployment.of(copy);
    });

    it("starts with every proxy on the old version", async () => {
        assert.deepEqual(
            istio.revisions.map(({ name, version }) => ({ name, version })),
            [{ name: NEW.name, version: NEW.version }],
        );
        assert.deepEqual(await istiods(), [`deployment.apps/istiod-${OLD.name}`]);
        assert.ok((await proxies()).length >= 28);
        assert.deepEqual(await revisionsOf(), [OLD.name]);
        for (const version of await builds(OLD.name)) assert.ok(version.includes(OLD.commit), version);
    });

    it("is not replaced by a deployment that lists only the new revision: the error names the pods, and nothing changes", async () => {
        const before = await proxies();
        // The checkout lists only the new revision.
        const { status, stderr } = await mesh(CHECKOUT, ["up", "--json"]);
        assert.equal(status, 2);
        assert.match(stderr, /would remove an Istio revision in use; nothing was removed/);
        assert.match(stderr, /proxies use Istio revision 1-30-4, which the stack no longer lists/);
        assert.match(stderr, /^ +\S+\/\S+ \(1-30-4\)$/m);
        assert.deepEqual(await istiods(), [`deployment.apps/istiod-${OLD.name}`]);
        assert.deepEqual(await proxies(), before);
    });

    it("ends with every proxy on the new version, without a failed request in the mesh or at the edge, although it is killed", async () => {
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
                // During the restart of the first batch of services.
                const killed = await meshUntil(copy, upgrade, /^ {2}sparc: /m);
                assert.equal(killed.status, null, killed.stdout + killed.stderr);
                assert.deepEqual(await istiods(), [
                    `deployment.apps/istiod-${OLD.name}`,
                    `deployment.apps/istiod-${NEW.name}`,
                ]);
                assert.ok((await revisionsOf()).includes(OLD.name));
                const { status, stdout, stderr } = await mesh(copy, upgrade);
                assert.equal(status, 0, stdout + stderr);
            });
        });
        for (const [where, { count, failures }] of Object.entries({ inside, edge }))
            process.stdout.write(
                `      ${count} requests ${where} during the upgrade, ${failures.length} failed\n`,
            );
        assert.deepEqual(await istiods(), [`deployment.apps/istiod-${NEW.name}`]);
        assert.ok((await proxies()).length >= 28);
        assert.deepEqual(await revisionsOf(), [NEW.name]);
        for (const version of await builds(NEW.name)) assert.ok(version.includes(NEW.commit), version);
        assert.deepEqual({ inside: inside.failures, edge: edge.failures }, { inside: [], edge: [] });
        assert.ok(inside.count > 500 && edge.count > 100);
    });

    it("is complete: the plan has no step left, nothing is stale, and another `mesh up` changes nothing", async () => {
        const plan = await mesh(copy, ["upgrade", "--to", NEW.name, "--json"]);
        assert.deepEqual((JSON.parse(plan.stdout) as { steps: unknown[] }).steps, []);
        const before = await proxies();
        for (const scope of ["workloads", "gateways"]) {
            const restart = await mesh(copy, ["upgrade", "--to", NEW.name, "--restart", scope, "--json"]);
            assert.deepEqual((JSON.parse(restart.stdout) as { restarted: unknown[] }).restarted, []);
        }
        assert.deepEqual(await proxies(), before);
        const { created, updated, pruned } = await node.up(copy);
        assert.deepEqual({ created, updated, pruned }, { created: 0, updated: 0, pruned: 0 });
    });
});
