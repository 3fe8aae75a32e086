import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import {
    applySteps,
    assertDeployed,
    assertNodesPinned,
    remainderText,
    type StackDeployment,
} from "../../cli/upgrade/apply";
import { planUpgrade, stateOf, UpgradeError } from "../../cli/upgrade/plan";
import { testConfig } from "../support/config";
import { FakeCluster } from "./fake-cluster";

const OLD = { name: "old", version: "1.31.0" };
const NEW = { name: "new", version: "1.31.1" };

interface Settings {
    readonly revisions: readonly { readonly name: string }[];
    readonly stable?: string;
    readonly componentVersions?: Readonly<Record<string, string>>;
}

describe("an upgrade that is executed", () => {
    let folder: string;
    let file: string;
    let cluster: FakeCluster;
    let deployed: string[];
    beforeEach(() => {
        folder = mkdtempSync(join(tmpdir(), "mesh-upgrade-"));
        file = join(folder, "Pulumi.test.yaml");
        deployed = [];
        cluster = new FakeCluster();
        cluster.tag = "old";
        const istio = { revisions: [OLD] };
        writeFileSync(
            file,
            JSON.stringify({ config: { "sparc-mesh:domain": "a.example", "sparc-mesh:istio": istio } }),
        );
    });
    afterEach(() => {
        rmSync(folder, { recursive: true });
    });

    const settings = () => {
        const { config } = parse(readFileSync(file, "utf8")) as { config: Record<string, Settings> };
        const { "sparc-mesh:istio": istio, ...rest } = config;
        assert.deepEqual(rest, { "sparc-mesh:domain": "a.example" });
        assert.ok(istio !== undefined);
        return istio;
    };
    const deployment = (isKilled: boolean): StackDeployment => ({
        file,
        cluster: () => Promise.resolve(cluster),
        deploy: () => {
            const { revisions, stable, componentVersions } = settings();
            cluster.tag = stable ?? revisions[0]?.name;
            const names = revisions.map(({ name }) => name).join("+");
            deployed.push(`${names} ${stable ?? "-"} ${JSON.stringify(componentVersions ?? {})}`);
            return isKilled ? Promise.reject(new Error("killed")) : Promise.resolve();
        },
    });
    const apply = (isKilled = false) => {
        const now = stateOf(testConfig({ domain: "a.example", istio: settings() }).istio);
        return applySteps(planUpgrade(now, NEW), NEW, deployment(isKilled), {
            batch: 2,
            log: () => undefined,
        });
    };
    const WAY = [
        'old - {"base":"1.31.1"}',
        "old+new old {}",
        'old+new old {"cni":"1.31.1"}',
        'old+new new {"gateways":"1.31.0"}',
        "old+new new {}",
        "new - {}",
    ];

    it("deploys each state of the plan, restarts in between, and leaves one revision in the file", async () => {
        cluster.add("auth").add("video");
        const report = await apply();
        assert.deepEqual(deployed, WAY);
        assert.deepEqual(report, {
            restarted: ["sparc/auth", "sparc/video"],
            inProgress: [],
            unowned: [],
            jobs: [],
            complete: true,
        });
        assert.deepEqual(settings(), { revisions: [NEW] });
    });

    it("continues from the step at which it was interrupted", async () => {
        cluster.add("auth");
        // Each run is killed at its first deployment, after the file is written.
        for (const step of WAY) await assert.rejects(apply(true), /killed/, step);
        assert.equal((await apply()).complete, true);
        assert.deepEqual(deployed, WAY);
        assert.deepEqual(cluster.patched, ["auth"]);
    });

    it("does not write the file or deploy the removal while a proxy uses the old revision", async () => {
        cluster.add("auth");
        // A pod in a namespace outside the restarts.
        cluster.strays = [{ namespace: "other", name: "job-1", labels: {}, revision: "old" }];
        await assert.rejects(
            apply(),
            (error: unknown) =>
                error instanceof UpgradeError &&
                /would lose their control plane.*\n {2}other\/job-1 \(old\)$/.test(error.message),
        );
        assert.deepEqual(deployed, WAY.slice(0, -1));
        assert.equal(settings().revisions.length, 2);
    });

    it("stops before the removal while a job uses the old revision, and says so", async () => {
        cluster.strays = [
            { namespace: "sparc", name: "statements-1", labels: {}, revision: "old", job: "statements" },
        ];
        const report = await apply();
        assert.equal(report.complete, false);
        assert.match(
            remainderText(report).join("\n"),
            /Wait for these jobs[^]*\n {2}sparc\/statements-1 \(old\)$/,
        );
        assert.deepEqual(deployed, WAY.slice(0, 4));
    });

    it("stops before the gateways while a rollout is in progress, and says so", async () => {
        cluster.add("auth-primary").add("video");
        cluster.canaries = [{ namespace: "sparc", name: "auth", phase: "Waiting" }];
        const report = await apply();
        assert.equal(report.complete, false);
        assert.deepEqual(report.restarted, ["sparc/video"]);
        assert.match(remainderText(report).join("\n"), /mesh approve[^]*\n {2}sparc\/auth \(Waiting\)$/);
        assert.deepEqual(deployed, WAY.slice(0, 4));
    });
});

describe("a cluster that does not run what the stack's file lists", () => {
    it("is rejected, with what it runs", async () => {
        const cluster = new FakeCluster();
        await assertDeployed(cluster, "prod", [NEW, OLD]);
        await assert.rejects(
            assertDeployed(cluster, "prod", [NEW]),
            /the cluster runs istiod new, old, but Pulumi\.prod\.yaml lists new\. .*--context/,
        );
        cluster.installed = [];
        await assert.rejects(assertDeployed(cluster, "prod", [NEW]), /istiod in no revision/);
    });
});

describe("nodes during an upgrade", () => {
    const clusterOf = (cluster: object) => testConfig({ domain: "a.example.com", cluster }).cluster;
    const eks = { from: "eks", name: "mesh", region: "eu-central-1" };

    it("must not be replaced by it: the release of their AMI is pinned", () => {
        for (const cluster of [eks, { ...eks, amiReleaseVersion: "latest" }])
            assert.throws(
                () => {
                    assertNodesPinned("prod", clusterOf(cluster));
                },
                (error: unknown) => {
                    assert.ok(error instanceof UpgradeError);
                    assert.match(error.message, /cluster\.amiReleaseVersion: latest .* Nothing was changed/);
                    assert.match(error.message, /pulumi stack export --stack prod/);
                    return true;
                },
            );
        assertNodesPinned("prod", clusterOf({ ...eks, amiReleaseVersion: "1.36.1-20261110" }));
    });

    it("are not the stack's in a cluster that it does not create", () => {
        assertNodesPinned("local", clusterOf({ from: "kubeconfig" }));
    });
});
