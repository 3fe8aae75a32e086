import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ensureToolchain, silentProgress, type Toolchain } from "../../local";
import { CHECKOUT, mesh, type Ran, run } from "./checkout";

/** What is read of `mesh verify --json`. */
interface Report {
    readonly proven: boolean;
    readonly requests: number;
    readonly differences: readonly {
        readonly layer: string;
        readonly source: string;
        readonly destination: string;
        readonly got: string;
        readonly explanations: readonly string[];
    }[];
    readonly miscounts: readonly { readonly workload: string; readonly explanations: readonly string[] }[];
    readonly drift: readonly { readonly state: string; readonly object: string }[];
    readonly notChecked: readonly unknown[];
}

/** Well within the time that probers take to start. */
const EARLY_MS = 12_000;
/** Envoy serves open connections by the policies of their start for up to 45 s; a deletion leaves no time to wait from. */
const DRAIN_MS = 50_000;
/** A run that was killed keeps its lease for so long. */
const LEASE_MS = 21_000;

describe("mesh verify on the node", function () {
    this.timeout(900_000);
    let toolchain: Toolchain;
    let kubeconfig: string;

    async function kubectl(...args: string[]): Promise<string> {
        const { status, stdout, stderr } = await run(toolchain.program("kubectl"), [
            "--kubeconfig",
            kubeconfig,
            ...args,
        ]);
        assert.equal(status, 0, stderr);
        return stdout;
    }

    async function up(): Promise<void> {
        const { status, stdout, stderr } = await mesh(CHECKOUT, ["up", "--json"]);
        assert.equal(status, 0, stderr);
        ({ kubeconfig } = JSON.parse(stdout) as { kubeconfig: string });
    }

    async function verify(...layers: readonly string[]): Promise<{ status: Ran["status"]; report: Report }> {
        const only = layers.flatMap((layer) => ["--layer", layer]);
        const { status, stdout, stderr } = await mesh(CHECKOUT, ["verify", "--keep", "--json", ...only]);
        assert.notEqual(stdout, "", stderr);
        return { status, report: JSON.parse(stdout) as Report };
    }

    async function probeObjects(): Promise<string> {
        const kinds = "pods,serviceaccounts,networkpolicies,sidecars.networking.istio.io,leases";
        return await kubectl(
            "get",
            kinds,
            "--all-namespaces",
            "--selector",
            "sparc.dev/probe",
            "--output",
            "name",
        );
    }

    before(async () => {
        toolchain = await ensureToolchain(silentProgress());
        await up();
    });

    // Whatever a test changed, the program puts back.
    afterEach(up);

    it("proves the mesh as it was deployed", async () => {
        const { status, report } = await verify();
        const { differences, miscounts, drift, notChecked } = report;
        assert.deepEqual({ differences, miscounts, drift, notChecked }, NOTHING);
        assert.equal(status, 0);
        assert.ok(report.requests > 2000);
    });

    it("names an AuthorizationPolicy that was deleted by hand", async () => {
        await kubectl("delete", "authorizationpolicy", "--namespace", "sparc", "auth-from-api-gateway");
        await pause(DRAIN_MS);
        const { status, report } = await verify("identity", "source");
        assert.equal(status, 1);
        assert.ok(report.differences.length > 0);
        for (const { source, destination, got, explanations } of report.differences) {
            assert.deepEqual([source, destination, got], ["api-gateway", "auth", "RBAC denial"]);
            assert.match(explanations.join(), /^AuthorizationPolicy sparc\/auth-from-api-gateway is missing/);
        }
    });

    it("names a PeerAuthentication that was set PERMISSIVE, and sees it on the wire, TCP included", async () => {
        const patch = JSON.stringify({ spec: { mtls: { mode: "PERMISSIVE" } } });
        await kubectl(
            ...[
                "patch",
                "peerauthentication",
                "--namespace",
                "sparc",
                "video-ingest",
                "--type",
                "merge",
                "--patch",
                patch,
            ],
        );
        const { status, report } = await verify("identity", "source");
        assert.equal(status, 1);
        const named = /^PeerAuthentication sparc\/video-ingest was changed: spec.mtls.mode is "PERMISSIVE"/;
        assert.deepEqual(
            report.differences.map(({ source, destination, got }) => [source, destination, got]),
            [["(unmeshed)", "video-ingest", "RBAC denial"]],
        );
        assert.match(report.differences[0]!.explanations.join(), named);
        assert.deepEqual(
            report.miscounts.map(({ workload }) => workload),
            ["sparc/video-ingest"],
        );
        assert.match(report.miscounts[0]!.explanations.join(), named);
    });

    it("names a Sidecar that was widened, which only the service's own pod shows", async () => {
        const patch = JSON.stringify({ spec: { egress: [{ hosts: ["*/*"] }] } });
        await kubectl(
            ...["patch", "sidecar", "--namespace", "sparc", "search", "--type", "merge", "--patch", patch],
        );
        const { status, report } = await verify("source");
        assert.equal(status, 1);
        assert.ok(report.differences.length > 0);
        for (const { layer, source, explanations } of report.differences) {
            assert.deepEqual([layer, source], ["source", "search"]);
            assert.match(explanations.join(), /^Sidecar sparc\/search was changed/);
        }
    });

    it("leaves nothing when it is interrupted, nor after it was killed and run again", async () => {
        assert.equal(await interruptedVerify(), 2);
        assert.equal(await probeObjects(), "");
        await mesh(CHECKOUT, ["verify"], EARLY_MS);
        assert.notEqual(await probeObjects(), "");
        await pause(LEASE_MS);
        assert.equal((await mesh(CHECKOUT, ["verify", "--layer", "source"])).status, 0);
        assert.equal(await probeObjects(), "");
    });
});

/** The exit code of a `mesh verify` that gets Ctrl-C while its probers start. */
async function interruptedVerify(): Promise<unknown> {
    const child = spawn(process.execPath, [join(CHECKOUT, "cli", "bin", "mesh.js"), "verify"], {
        stdio: "ignore",
    });
    const closed = once(child, "close");
    setTimeout(() => child.kill("SIGINT"), EARLY_MS);
    const [code] = (await closed) as unknown[];
    return code;
}

const NOTHING = { differences: [], miscounts: [], drift: [], notChecked: [] };
