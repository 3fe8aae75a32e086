import assert from "node:assert/strict";
import { exitCode } from "../../cli/verify/report/model";
import { verifyCluster } from "../../cli/verify/verify";
import { clusterWith, options } from "./deployed";

describe("verifying a mesh with services that are no stand-ins", () => {
    it("sends nothing to and from the pods of a service that is no stand-in, and says so", async () => {
        const cluster = clusterWith();
        cluster.addPod("sparc", "auth", undefined, "auth", "app");
        cluster.onExec = ({ pod, stdin }) => {
            assert.notEqual(pod, "auth-0");
            assert.ok(!stdin.includes("auth.sparc"), `${pod} sends requests to auth`);
        };
        const report = await verifyCluster(cluster, options);
        assert.equal(exitCode(report), 0);
        assert.ok(report.results.length > 0);
        assert.ok(report.results.every(({ check }) => check.destination.name !== "auth"));
        const [skipped] = report.unchecked.filter(({ part }) => part.includes("auth"));
        assert.match(skipped?.part ?? "", /^\d+ requests to and from auth$/);
        assert.match(skipped?.reason ?? "", /not a stand-in's/);
    });
});
