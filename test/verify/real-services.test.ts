import assert from "node:assert/strict";
import { exitCode } from "../../cli/verify/report/model";
import { verifyCluster } from "../../cli/verify/verify";
import { clusterWith, options, platform } from "./deployed";

/** The platform whose stack declares that another tool deploys auth. */
const declared = {
    ...platform,
    config: {
        ...platform.config,
        workloads: {
            ...platform.config.workloads,
            services: { auth: { from: "existing" as const, kind: "Deployment" as const } },
        },
    },
};

describe("verifying a mesh with services that are no stand-ins", () => {
    function clusterWithApplication() {
        const cluster = clusterWith();
        cluster.addPod("sparc", "auth", undefined, "auth", "app");
        cluster.onExec = ({ pod, stdin }) => {
            assert.notEqual(pod, "auth-0");
            assert.ok(!stdin.includes("auth.sparc"), `${pod} sends requests to auth`);
        };
        return cluster;
    }

    it("sends nothing to and from the pods of a service that is not a stand-in, and reports it", async () => {
        const report = await verifyCluster(clusterWithApplication(), { ...options, platform: declared });
        assert.equal(exitCode(report), 0);
        assert.ok(report.results.length > 0);
        assert.ok(report.results.every(({ check }) => check.destination.name !== "auth"));
        const [skipped] = report.unchecked.filter(({ part }) => part.includes("auth"));
        assert.match(skipped?.part ?? "", /^\d+ requests to and from auth$/);
        assert.match(skipped?.reason ?? "", /not a stand-in's/);
    });

    it("proves nothing if only a pod, and not the stack, declares that a service is not a stand-in", async () => {
        const report = await verifyCluster(clusterWithApplication(), options);
        assert.equal(exitCode(report), 1);
        const [skipped] = report.unchecked.filter(({ part }) => part.includes("auth"));
        assert.match(skipped?.reason ?? "", /workloads\.services does not declare it/);
    });
});
