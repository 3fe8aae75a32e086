import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { CHECKOUT, mesh, type ProcessResult } from "./checkout";
import { Deployment } from "./deployment";
import { eventually } from "./eventually";
import { query, valueOf } from "./prometheus";

/** The fields that the tests read of `mesh verify --json`. */
interface Report {
    readonly requests: number;
    readonly mismatches: readonly unknown[];
    readonly miscounts: readonly unknown[];
    readonly drift: readonly unknown[];
    readonly unchecked: readonly { readonly requested: boolean }[];
}

const OF_REQUESTS = ["MeshHighErrorRate", "MeshErrorBudgetBurn", "MeshUnknownHostBlocked"];
/** Within this time `mesh verify` creates its first prober on a busy machine. */
const STARTS_WITHIN_MS = 120_000;
/** How long a killed run keeps its lease. */
const LEASE_MS = 21_000;

describe("mesh verify on the local cluster", function () {
    this.timeout(900_000);
    let node: Deployment;

    async function verify(): Promise<{ status: ProcessResult["status"]; report: Report }> {
        const { status, stdout, stderr } = await mesh(CHECKOUT, ["verify", "--json"]);
        assert.notEqual(stdout, "", stderr);
        return { status, report: JSON.parse(stdout) as Report };
    }

    async function probeObjects(): Promise<string> {
        const kinds = "pods,serviceaccounts,networkpolicies,sidecars.networking.istio.io,leases";
        return await node.kubectl([
            ...["get", kinds, "--all-namespaces", "--selector", "sparc.dev/probe", "--output", "name"],
        ]);
    }

    /** The exit code of a `mesh verify` that gets a signal while its probers start; null if the signal terminated it. */
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

    it("passes on the deployed mesh", async () => {
        const { status, report } = await verify();
        const { mismatches, miscounts, drift } = report;
        const unchecked = report.unchecked.filter(({ requested }) => !requested);
        assert.deepEqual({ mismatches, miscounts, drift, unchecked }, NOTHING);
        assert.equal(status, 0);
        assert.ok(report.requests > 2000);
    });

    it("fires no alert, although it makes services fail on purpose", async () => {
        // Alerts with a `for` duration are pending at first.
        const alerts = (await query(node, `ALERTS{alertname=~"${OF_REQUESTS.join("|")}"}`)).map(
            ({ metric }) => metric,
        );
        assert.deepEqual(alerts, []);
        // Series start with the first request, so a rate does not include it.
        const failures = await valueOf(node, 'sum(istio_requests_total{response_code="503",probe="true"})');
        assert.ok(failures > 0, "no service failed");
    });

    it("leaves nothing behind when it is interrupted, nor after it was killed and run again", async () => {
        assert.equal(await stoppedVerify("SIGINT"), 2);
        assert.equal(await probeObjects(), "");
        assert.equal(await stoppedVerify("SIGKILL"), null);
        assert.notEqual(await probeObjects(), "");
        await pause(LEASE_MS);
        assert.equal((await mesh(CHECKOUT, ["verify", "--layer", "ingress"])).status, 0);
        assert.equal(await probeObjects(), "");
    });
});

const NOTHING = { mismatches: [], miscounts: [], drift: [], unchecked: [] };
