import assert from "node:assert/strict";
import { exitCode } from "../../cli/verify/report/model";
import { toText } from "../../cli/verify/report/text";
import { verifyCluster } from "../../cli/verify/verify";
import { clusterWith, options } from "./deployed";
import type { FakeCluster } from "./fake-cluster";
import { small } from "./small";

describe("the probers of a run", () => {
    const left = (cluster: FakeCluster) =>
        [...cluster.objects.values()].filter(
            ({ metadata }) => metadata.labels?.["sparc.dev/probe"] !== undefined,
        );

    it("are gone after it", async () => {
        const cluster = clusterWith();
        await verifyCluster(cluster, options);
        assert.deepEqual(left(cluster), []);
    });

    it("are gone after one that failed", async () => {
        const cluster = clusterWith();
        cluster.onExec = () => {
            throw new Error("connection refused");
        };
        await assert.rejects(verifyCluster(cluster, options), /connection refused/);
        assert.deepEqual(left(cluster), []);
    });

    it("are gone after one that was interrupted", async () => {
        const cluster = clusterWith();
        cluster.onExec = () => {
            process.emit("SIGINT");
        };
        await assert.rejects(
            verifyCluster(cluster, { ...options, keep: true }),
            /^CannotVerify: interrupted$/,
        );
        assert.deepEqual(left(cluster), []);
    });

    it("are told of where they do not go, beside all that was found", async () => {
        const cluster = clusterWith();
        cluster.holdsPods = true;
        const report = await verifyCluster(cluster, { ...options, goneSeconds: 0 });
        assert.equal(report.stuckProbers.length, Object.keys(small.services).length + 5);
        assert.match(
            report.stuckProbers.join(),
            /sparc\/probe-service-auth \(not marked for deletion, no container runs\)/,
        );
        assert.deepEqual([report.differences, report.drift, exitCode(report)], [[], [], 0]);
        assert.match(toText(report), /^! probers that do not go away: \S+ \(.*\) and \d+ more$/m);
        assert.deepEqual(
            new Set(left(cluster).map(({ kind }) => kind)),
            new Set(["Pod"]),
            "all else is gone",
        );
    });

    it("are told of where they cannot be asked to go, beside all that was found", async () => {
        const cluster = clusterWith();
        cluster.refuses = "the API server cannot be reached";
        const report = await verifyCluster(cluster, { ...options, goneSeconds: 0 });
        assert.deepEqual(report.stuckProbers, ["all of them: the API server cannot be reached"]);
        assert.ok(report.findings.length > 0);
        assert.match(toText(report), /^! probers that do not go away: all of them: the API server/m);
    });

    it("of an earlier run that do not go leave nothing verified", async () => {
        const cluster = clusterWith();
        await verifyCluster(cluster, { ...options, keep: true });
        cluster.holdsPods = true;
        await assert.rejects(
            verifyCluster(cluster, { ...options, goneSeconds: 0 }),
            /CannotVerify: \d+ probers of an earlier run do not go away, such as sparc\/probe-/,
        );
    });

    it("do not hide why a run failed by not going", async () => {
        const cluster = clusterWith();
        cluster.holdsPods = true;
        cluster.onExec = () => {
            throw new Error("connection refused");
        };
        await assert.rejects(verifyCluster(cluster, { ...options, goneSeconds: 0 }), /connection refused/);
    });

    it("stay with --keep, and are taken over by the next such run", async () => {
        const cluster = clusterWith();
        await verifyCluster(cluster, { ...options, keep: true });
        const pods = left(cluster).filter(({ kind }) => kind === "Pod").length;
        assert.equal(pods, Object.keys(small.services).length + 5);
        cluster.log.length = 0;
        await verifyCluster(cluster, { ...options, keep: true });
        assert.deepEqual(
            cluster.log.filter((line) => line.includes("Pod")),
            [],
        );
    });

    it("replace those that an earlier run left", async () => {
        const cluster = clusterWith();
        await verifyCluster(cluster, { ...options, keep: true });
        cluster.log.length = 0;
        await verifyCluster(cluster, { ...options, keep: true, standInImage: "standin:2" });
        const pods = cluster.log.filter((line) => line.includes("Pod sparc/probe-service-auth"));
        assert.deepEqual(pods, ["remove Pod sparc/probe-service-auth", "apply Pod sparc/probe-service-auth"]);
    });

    it("are made anew before their time is up", async () => {
        const cluster = clusterWith();
        await verifyCluster(cluster, { ...options, keep: true });
        const old = cluster.objects.get("Pod sparc/probe-service-auth")!;
        const creationTimestamp = new Date(Date.now() - 25 * 60 * 1000).toISOString();
        const metadata = { ...old.metadata, creationTimestamp };
        cluster.objects.set("Pod sparc/probe-service-auth", { ...old, metadata });
        cluster.log.length = 0;
        await verifyCluster(cluster, { ...options, keep: true });
        assert.deepEqual(
            cluster.log.filter((line) => line.includes("Pod")),
            ["remove Pod sparc/probe-service-auth", "apply Pod sparc/probe-service-auth"],
        );
    });

    it("carry a label, a service's account, and nothing that a service is selected by", async () => {
        const cluster = clusterWith();
        await verifyCluster(cluster, { ...options, keep: true });
        const pod = cluster.objects.get("Pod sparc/probe-service-auth");
        assert.equal((pod?.spec as { serviceAccountName: string }).serviceAccountName, "auth");
        assert.deepEqual(pod?.metadata.labels, {
            "sparc.dev/probe": "true",
            "sidecar.istio.io/inject": "true",
        });
    });
});
