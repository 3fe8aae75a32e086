import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const ROOT = join(__dirname, "..", "..");

/** Loads the configuration as in a deployment by the Pulumi CLI; no engine listens, so warnings are printed. */
const SCRIPT = `
    const pulumi = require("@pulumi/pulumi");
    const { engineConfig } = require("./local/engine/program/protocol");
    const { readStackFile } = require("./config/load");
    const { platformFromEngine } = require("./components/load");
    require("@pulumi/pulumi/log").warn = (message) => { console.log("warning: " + message); return Promise.resolve(); };
    pulumi.runtime.setAllConfig(engineConfig("sparc-mesh", { ...readStackFile("prod", "."), ...JSON.parse(process.argv[1]) }));
    try {
        platformFromEngine();
        console.log("accepted");
    } catch (error) {
        console.log((pulumi.RunError.isInstance(error) ? "error: " : "unexpected: ") + error.message);
    }
`;

function load(environment: Record<string, string>, settings: Record<string, unknown> = {}): string {
    const { stdout, stderr } = spawnSync(
        process.execPath,
        ["--require", "ts-node/register/transpile-only", "--eval", SCRIPT, JSON.stringify(settings)],
        {
            cwd: ROOT,
            encoding: "utf8",
            env: {
                ...process.env,
                PULUMI_NODEJS_PROJECT: "sparc-mesh",
                PULUMI_NODEJS_STACK: "prod",
                ...environment,
            },
        },
    );
    return stdout === "" ? stderr : stdout;
}

const ENGINE = { PULUMI_NODEJS_ENGINE: "127.0.0.1:1" };

describe("example values in a stack at AWS", () => {
    it("are rejected by an update before it creates anything, all at once", () => {
        const output = load(ENGINE);
        assert.match(output, /^error: configuration of stack prod: 11 mistakes\n/);
        for (const key of ["domain", "cluster.admins.0", "cluster.viewers.0", "edge.adminCidrs.0"])
            assert.ok(output.includes(`  - ${key}: `), output);
        assert.doesNotMatch(output, /accepted/);
    });

    it("are accepted by a preview, with a warning", () => {
        const output = load({ ...ENGINE, PULUMI_NODEJS_DRY_RUN: "true" });
        assert.match(
            output,
            /^warning: configuration of stack prod: 11 mistakes\n[^]*An update rejects[^]*\naccepted\n$/,
        );
    });

    it("are accepted where nothing is deployed", () => {
        assert.equal(load({}), "accepted\n");
    });

    it("are accepted for a cluster that is not at AWS", () => {
        const elsewhere = {
            cluster: { from: "kubeconfig" },
            kubeconfig: "kubeconfig",
            context: "mesh",
            network: {
                apiServerCidrs: ["10.96.0.1/32"],
                nodeCidrs: ["10.0.0.0/19"],
                loadBalancerCidrs: ["10.0.224.0/24"],
            },
            certificates: { clients: { devices: { from: "self-signed" } } },
        };
        assert.equal(load(ENGINE, elsewhere), "accepted\n");
    });
});
