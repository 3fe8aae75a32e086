import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { CHECKOUT, mesh, type Ran } from "./checkout";
import { Deployment } from "./deployment";
import { eventually } from "./eventually";
import { query, valueOf } from "./prometheus";

/** What is read of `mesh verify --json`. */
interface Report {
    readonly requests: number;
    readonly differences: readonly unknown[];
    readonly miscounts: readonly unknown[];
    readonly drift: readonly unknown[];
    readonly notChecked: readonly { readonly requested: boolean }[];
}

const OF_REQUESTS = ["MeshErrorRate", "MeshBudgetBurn", "MeshRefusedHost"];
/** Within this time `mesh verify` makes its first prober on a busy machine. */
const STARTS_WITHIN_MS = 120_000;
/** A run that was killed keeps its lease for so long. */
const LEASE_MS = 21_000;

describe("mesh verify on the node", function () {
    this.timeout(900_000);
    let node: Deployment;

    async function verify(...layers: readonly string[]): Promise<{ status: Ran["status"]; report: Report }> {
        const only = layers.flatMap((layer) => ["--layer", layer]);
        const { status, stdout, stderr } = await mesh(CHECKOUT, ["verify", "--json", ...only]);
        assert.notEqual(stdout, "", stderr);
        return { status, report: JSON.parse(stdout) as Report };
    }

    async function probeObjects(): Promise<string> {
        const kinds = "pods,serviceaccounts,networkpolicies,sidecars.networking.istio.io,leases";
        return await node.kubectl([
            ...["get", kinds, "--all-namespaces", "--selector", "sparc.dev/probe", "--output", "name"],
        ]);
    }

    /** The exit code of a `mesh verify` that gets a signal while its probers start; null where the signal ended it. */
    async function stoppedVerify(signal: NodeJS.Signals): Promise<unknown> {
        const child = spawn(process.execPath, [join(CHECKOUT, "cli", "bin", "mesh.js"), "verify"], {
            stdio: "ignore",
        });
        const closed = once(child, "close");
        await eventually(async () => {
            assert.notEqual(await probeObjects(), "");
        }, STARTS_WITHIN_MS);
        child.kill(signal);
        const [code] = (await closed) as unknown[];
        return code;
    }

    before(async () => {
        node = await Deployment.of();
    });

    it("proves the mesh as it was deployed", async () => {
        const { status, report } = await verify();
        const { differences, miscounts, drift } = report;
        const notChecked = report.notChecked.filter(({ requested }) => !requested);
        assert.deepEqual({ differences, miscounts, drift, notChecked }, NOTHING);
        assert.equal(status, 0);
        assert.ok(report.requests > 2000);
    });

    it("wakes nobody, though it has services fail on purpose", async () => {
        // Those that wait for some minutes before they fire are pending until then.
        const alerts = (await query(node, `ALERTS{alertname=~"${OF_REQUESTS.join("|")}"}`)).map(
            ({ metric }) => metric,
        );
        assert.deepEqual(alerts, []);
        // Series begin with the first request, so that no rate tells of it.
        const failures = await valueOf(node, 'sum(istio_requests_total{response_code="503",probe="true"})');
        assert.ok(failures > 0, "it had none fail");
    });

    it("leaves nothing when it is interrupted, nor after it was killed and run again", async () => {
        assert.equal(await stoppedVerify("SIGINT"), 2);
        assert.equal(await probeObjects(), "");
        assert.equal(await stoppedVerify("SIGKILL"), null);
        assert.notEqual(await probeObjects(), "");
        await pause(LEASE_MS);
        assert.equal((await mesh(CHECKOUT, ["verify", "--layer", "source"])).status, 0);
        assert.equal(await probeObjects(), "");
    });
});

const NOTHING = { differences: [], miscounts: [], drift: [], notChecked: [] };
