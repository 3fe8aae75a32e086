import assert from "node:assert/strict";
import type { Layer } from "../../cli/verify/model";
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

    it("are removed after it", async () => {
        const cluster = clusterWith();
        await verifyCluster(cluster, options);
        assert.deepEqual(left(cluster), []);
    });

    it("are removed after a failed run", async () => {
        const cluster = clusterWith();
        cluster.onExec = () => {
            throw new Error("connection refused");
        };
        await assert.rejects(verifyCluster(cluster, options), /connection refused/);
        assert.deepEqual(left(cluster), []);
    });

    it("are removed after an interrupted run", async () => {
        const cluster = clusterWith();
        cluster.onExec = () => {
            process.emit("SIGINT");
        };
        await assert.rejects(
            verifyCluster(cluster, { ...options, keepProbers: true }),
            /^CannotVerify: interrupted$/,
        );
        assert.deepEqual(left(cluster), []);
    });

    it("are reported if they are not removed, along with all results", async () => {
        const cluster = clusterWith();
        cluster.keepsPods = true;
        const report = await verifyCluster(cluster, { ...options, deletionTimeoutSeconds: 0 });
        assert.equal(report.stuckProbers.length, Object.keys(small.services).length + 5);
        assert.match(
            report.stuckProbers.join(),
            /sparc\/probe-service-auth \(not marked for deletion, no container is running\)/,
        );
        assert.deepEqual([report.mismatches, report.drift, exitCode(report)], [[], [], 0]);
        assert.match(toText(report), /^! probers that could not be removed: \S+ \(.*\) and \d+ more$/m);
        assert.deepEqual(
            new Set(left(cluster).map(({ kind }) => kind)),
            new Set(["Pod"]),
            "everything else is removed",
        );
    });

    it("are reported if their removal fails, along with all results", async () => {
        const cluster = clusterWith();
        cluster.removalError = "the API server is unreachable";
        const report = await verifyCluster(cluster, { ...options, deletionTimeoutSeconds: 0 });
        assert.deepEqual(report.stuckProbers, ["all probers: the API server is unreachable"]);
        assert.ok(report.results.length > 0);
        assert.match(toText(report), /^! probers that could not be removed: all probers: the API server/m);
    });

    it("of an earlier run that are not removed fail the run", async () => {
        const cluster = clusterWith();
        await verifyCluster(cluster, { ...options, keepProbers: true });
        cluster.keepsPods = true;
        await assert.rejects(
            verifyCluster(cluster, { ...options, deletionTimeoutSeconds: 0 }),
            /CannotVerify: \d+ probers of an earlier run cannot be removed, such as sparc\/probe-/,
        );
    });

    it("do not hide the error of a failed run if they are not removed", async () => {
        const cluster = clusterWith();
        cluster.keepsPods = true;
        cluster.onExec = () => {
            throw new Error("connection refused");
        };
        await assert.rejects(
            verifyCluster(cluster, { ...options, deletionTimeoutSeconds: 0 }),
            /connection refused/,
        );
    });

    it("are only those that the selected layers need", async () => {
        const created = async (...layers: Layer[]) => {
            const cluster = clusterWith();
            const report = await verifyCluster(cluster, { ...options, layers });
            assert.deepEqual([report.mismatches, exitCode(report), left(cluster)], [[], 0, []]);
            assert.ok(report.results.length > 0);
            return cluster.log.flatMap((line) => /^apply Pod (.*)/.exec(line)?.[1] ?? []);
        };
        assert.deepEqual(await created("ingress"), ["sparc/probe-outside-mesh"]);
        assert.deepEqual(await created("authorization", "resilience"), []);
        assert.equal((await created("identity")).length, Object.keys(small.services).length + 5);
    });

    it("of other layers stay with --keep-probers", async () => {
        const cluster = clusterWith();
        await verifyCluster(cluster, { ...options, keepProbers: true });
        const all = left(cluster).length;
        await verifyCluster(cluster, { ...options, keepProbers: true, layers: ["ingress"] });
        assert.equal(left(cluster).length, all);
    });

    it("stay with --keep-probers, and are reused by the next such run", async () => {
        const cluster = clusterWith();
        await verifyCluster(cluster, { ...options, keepProbers: true });
        const pods = left(cluster).filter(({ kind }) => kind === "Pod").length;
        assert.equal(pods, Object.keys(small.services).length + 5);
        cluster.log.length = 0;
        await verifyCluster(cluster, { ...options, keepProbers: true });
        assert.deepEqual(
            cluster.log.filter((line) => line.includes("Pod")),
            [],
        );
    });

    it("replace those of an earlier run", async () => {
        const cluster = clusterWith();
        await verifyCluster(cluster, { ...options, keepProbers: true });
        cluster.log.length = 0;
        await verifyCluster(cluster, { ...options, keepProbers: true, standInImage: "standin:2" });
        const pods = cluster.log.filter((line) => line.includes("Pod sparc/probe-service-auth"));
        assert.deepEqual(pods, ["remove Pod sparc/probe-service-auth", "apply Pod sparc/probe-service-auth"]);
    });

    it("are recreated before they expire", async () => {
        const cluster = clusterWith();
        await verifyCluster(cluster, { ...options, keepProbers: true });
        const old = cluster.objects.get("Pod sparc/probe-service-auth")!;
        const creationTimestamp = new Date(Date.now() - 25 * 60 * 1000).toISOString();
        const metadata = { ...old.metadata, creationTimestamp };
        cluster.objects.set("Pod sparc/probe-service-auth", { ...old, metadata });
        cluster.log.length = 0;
        await verifyCluster(cluster, { ...options, keepProbers: true });
        assert.deepEqual(
            cluster.log.filter((line) => line.includes("Pod")),
            ["remove Pod sparc/probe-service-auth", "apply Pod sparc/probe-service-auth"],
        );
    });

    it("have a label, a service's account, and no label that a Service selects", async () => {
        const cluster = clusterWith();
        await verifyCluster(cluster, { ...options, keepProbers: true });
        const pod = cluster.objects.get("Pod sparc/probe-service-auth");
        assert.equal((pod?.spec as { serviceAccountName: string }).serviceAccountName, "auth");
        assert.deepEqual(pod?.metadata.labels, {
            "sparc.dev/probe": "true",
            "sidecar.istio.io/inject": "true",
        });
    });
});
