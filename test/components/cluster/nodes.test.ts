/** The nodes' AMI, and what runs on them before istio-cni. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { RunError } from "@pulumi/pulumi";
import { recommendedRelease } from "../../../components/cluster/eks/node-pools";
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

describe("the node groups of a pool", () => {
    it("are updated one zone after the other where gateways run, and at the same time elsewhere", async () => {
        const groups = (await runProgram("prod")).filter(
            ({ type }) => type === "aws:eks/nodeGroup:NodeGroup",
        );
        const groupsBefore = (name: string) =>
            groups
                .find((group) => group.name === `cluster-nodes-${name}`)
                ?.dependsOn.filter((other) => groups.some((group) => group.name === other));
        assert.deepEqual(groupsBefore("ingress-a"), []);
        assert.deepEqual(groupsBefore("ingress-b"), ["cluster-nodes-ingress-a"]);
        assert.deepEqual(groupsBefore("ingress-c"), ["cluster-nodes-ingress-b"]);
        for (const zone of ["a", "b", "c"]) assert.deepEqual(groupsBefore(`mesh-${zone}`), []);
    });
});

describe("the lookup of the recommended AMI", () => {
    it("reports why it failed and what to allow, in an error that Pulumi prints without a stack trace", async () => {
        const denied = () =>
            Promise.reject(new Error("AccessDeniedException: not authorized to perform: ssm:GetParameter"));
        await assert.rejects(recommendedRelease(EKS_VERSION, "arm64", denied), (error: unknown) => {
            assert.ok(RunError.isInstance(error));
            assert.ok(Object.hasOwn(error, "name"));
            assert.match(
                error.message,
                /^cannot look up the recommended release .*: AccessDeniedException: not/,
            );
            assert.match(
                error.message,
                /Allow ssm:GetParameter on \/aws\/service\/eks\/optimized-ami\/.*\/arm64\/.*release_version, or set /,
            );
            return true;
        });
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
