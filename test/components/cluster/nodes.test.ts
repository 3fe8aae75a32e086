/** The nodes' AMI, and what runs on them before istio-cni. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { clusterProblems } from "../../../components/cluster/check";
import { readStackFile } from "../../../config/load";
import { EKS_VERSION } from "../../../config/versions";
import { testConfig } from "../../support/config";
import { runProgram } from "../../support/program";

describe("the AMI of nodes", () => {
    const pool = async (cluster: object) => {
        const entries = readStackFile("dev", join(__dirname, "..", "..", ".."));
        const all = await runProgram("dev", { cluster: { ...(entries["cluster"] as object), ...cluster } });
        return all.find(({ name }) => name === "cluster-nodes-mesh-a")?.inputs;
    };

    it("is the recommended one of the nodes' architecture and the cluster's version", async () => {
        const groups = (await runProgram("dev")).filter(({ type }) => type === "aws:eks/nodeGroup:NodeGroup");
        assert.ok(groups.length > 3);
        const path = `/aws/service/eks/optimized-ami/${EKS_VERSION}/amazon-linux-2023/x86_64/standard/recommended`;
        for (const { name, inputs } of groups)
            assert.equal(inputs["releaseVersion"], `release of ${path}/release_version`, name);
    });

    it("is that of Graviton for its instance types", async () => {
        const pools = { mesh: { instanceType: "m7g.xlarge" } };
        const { releaseVersion, amiType } = (await pool({ pools })) ?? {};
        assert.match(String(releaseVersion), /\/arm64\/standard\/recommended\//);
        assert.equal(amiType, "AL2023_ARM_64_STANDARD");
    });

    it("can be pinned, to a release of the cluster's version only", async () => {
        const release = `${EKS_VERSION}.1-20261110`;
        assert.equal((await pool({ amiReleaseVersion: release }))?.["releaseVersion"], release);
        const parse = (amiReleaseVersion: string) =>
            clusterProblems(
                testConfig({
                    domain: "mesh.example.com",
                    cluster: { from: "eks", name: "mesh", region: "eu-central-1", amiReleaseVersion },
                }),
            );
        assert.deepEqual(parse(release), []);
        assert.match(
            parse("1.35.4-20261110").join(),
            /^cluster\.amiReleaseVersion: 1\.35\.4-20261110 .* or to latest$/,
        );
        assert.throws(() => parse("newest"), /must be latest, or a release/);
    });
});

describe("the startup taint", () => {
    it("is tolerated by the add-ons that istiod needs", async () => {
        const all = await runProgram("dev");
        const settings = (addOn: string) =>
            JSON.parse(
                String(
                    all.find(({ name }) => name === `cluster-add-ons-late-${addOn}`)?.inputs[
                        "configurationValues"
                    ],
                ),
            ) as Record<string, unknown> & { controller?: Record<string, unknown> };
        for (const values of [settings("coredns"), settings("aws-ebs-csi-driver").controller]) {
            const tolerations = values?.["tolerations"] as { key: string; operator: string }[];
            assert.ok(
                tolerations.some(
                    ({ key, operator }) => key === "cni.istio.io/not-ready" && operator === "Exists",
                ),
            );
            // The setting replaces the add-on's own.
            assert.ok(tolerations.some(({ key }) => key === "CriticalAddonsOnly"));
        }
    });
});
