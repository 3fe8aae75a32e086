import assert from "node:assert/strict";
import { proxyOf } from "../../config/proxies";
import { injectedImage } from "../../cli/upgrade/cluster";
import { remainderText } from "../../cli/upgrade/apply";
import { assertAllOn, restartStale, type RestartOptions } from "../../cli/upgrade/restart";
import { FakeCluster, OLD_IMAGE } from "./fake-cluster";

function options(more: Partial<RestartOptions> = {}): RestartOptions {
    return { namespaces: ["databases", "sparc"], batch: 2, log: () => undefined, pollMs: 1, ...more };
}

describe("a restart of stale workloads", () => {
    it("restarts those with another revision or version, and no other", async () => {
        const cluster = new FakeCluster().add("auth").add("video", "new").add("search", "new", OLD_IMAGE);
        const { restarted } = await restartStale(cluster, "new", options());
        assert.deepEqual(restarted, ["sparc/auth", "sparc/search"]);
        assert.deepEqual((await restartStale(cluster, "new", options())).restarted, []);
    });

    it("restarts a batch at a time, each only when the last is ready, and logs the progress", async () => {
        const cluster = new FakeCluster();
        for (const name of ["a", "b", "c", "d", "e"]) cluster.add(name);
        cluster.slowness = 3;
        const lines: string[] = [];
        await restartStale(cluster, "new", options({ log: (line) => lines.push(line) }));
        assert.equal(cluster.busiest, 2);
        assert.deepEqual(lines, ["sparc: a, b (2 of 5)", "sparc: c, d (4 of 5)", "sparc: e (5 of 5)"]);
    });

    it("restarts the primary of a service under Flagger, never the target, whose change would start a canary", async () => {
        const cluster = new FakeCluster().add("auth").add("auth-primary").add("video-primary");
        cluster.canaries = [
            { namespace: "sparc", name: "auth", phase: "Succeeded" },
            { namespace: "sparc", name: "video", phase: "Initialized" },
        ];
        const { restarted, inProgress } = await restartStale(cluster, "new", options());
        assert.deepEqual(restarted, ["sparc/auth-primary", "sparc/video-primary"]);
        assert.deepEqual(inProgress, []);
        assert.ok(!cluster.patched.includes("auth"));
    });

    it("leaves a rollout in progress alone, restarts everything else, and reports it", async () => {
        for (const phase of ["Progressing", "Waiting", "WaitingPromotion", "Promoting", "Finalising"]) {
            const cluster = new FakeCluster().add("auth").add("auth-primary").add("video-primary");
            const auth = { namespace: "sparc", name: "auth", phase };
            cluster.canaries = [auth, { namespace: "sparc", name: "video", phase: "Initialized" }];
            const { restarted, inProgress } = await restartStale(cluster, "new", options());
            assert.deepEqual(restarted, ["sparc/video-primary"]);
            assert.deepEqual(inProgress, [auth]);
        }
    });

    it("reports stale pods that no workload owns", async () => {
        const cluster = new FakeCluster().add("auth");
        const stray = { namespace: "sparc", name: "debug", labels: {}, revision: "old" };
        cluster.strays = [stray];
        const { restarted, unowned } = await restartStale(cluster, "new", options());
        assert.deepEqual([restarted, unowned], [["sparc/auth"], [stray]]);
    });

    it("reports stale pods of jobs apart, which must complete", async () => {
        const cluster = new FakeCluster().add("auth");
        const run = proxyOf({
            metadata: {
                namespace: "sparc",
                name: "statements-29-x",
                annotations: { "istio.io/rev": "old" },
                ownerReferences: [{ kind: "Job", name: "statements-29" }],
            },
        });
        assert.ok(run);
        cluster.strays = [run];
        const report = await restartStale(cluster, "new", options());
        assert.deepEqual([report.restarted, report.unowned, report.jobs], [["sparc/auth"], [], [run]]);
        const text = remainderText(report).join("\n");
        assert.match(text, /Wait for these jobs to complete.*\n {2}sparc\/statements-29-x \(old\)$/);
        assert.doesNotMatch(text, /[Dd]elete/);
        await assert.rejects(assertAllOn(cluster, "new"), ({ message }: Error) => {
            assert.match(message, /^these pods of jobs do not use new yet.*Wait for the jobs to complete/);
            assert.doesNotMatch(message, /[Dd]elete/);
            return true;
        });
    });

    it("completes a restart that a killed run had begun, without another one", async () => {
        const cluster = new FakeCluster().add("auth");
        const killed = new FakeCluster().add("auth").add("video");
        killed.rolling("auth");
        await restartStale(killed, "new", options());
        assert.deepEqual(killed.patched, ["video"]);
        await restartStale(cluster, "new", options());
        assert.deepEqual(cluster.patched, ["auth"]);
    });

    it("changes nothing while the tag points to another revision", async () => {
        const cluster = new FakeCluster().add("auth");
        for (const tag of ["old", undefined]) {
            cluster.tag = tag;
            await assert.rejects(
                restartStale(cluster, "new", options()),
                /the revision tag points to (old|no revision)/,
            );
        }
        assert.deepEqual(cluster.patched, []);
    });

    /** Restarts one workload that needs `seconds` of simulated time to become ready. */
    const restartFor = async (seconds: number) => {
        const cluster = new FakeCluster().add("gateway");
        const poll = 10;
        cluster.slowness = seconds / poll;
        const { now } = Date;
        let time = 0;
        // Each look takes a poll's time, without waiting for it.
        Date.now = () => (time += poll * 1000);
        try {
            return await restartStale(cluster, "new", options({ pollMs: 0 }));
        } finally {
            Date.now = now;
        }
    };

    it("gives a gateway the time for a new node, its target's registration and minReadySeconds", async () => {
        const [node, targetHealthy, minReady] = [300, 180, 180];
        assert.deepEqual((await restartFor(node + targetHealthy + minReady)).restarted, ["sparc/gateway"]);
        await assert.rejects(restartFor(1200), /did not become ready within 900 s/);
    });

    it("stops at a workload that does not become ready, and names it", async () => {
        const cluster = new FakeCluster().add("a").add("b").add("c");
        cluster.slowness = Number.MAX_SAFE_INTEGER;
        await assert.rejects(
            restartStale(cluster, "new", options({ readyTimeoutMs: 20 })),
            /^UpgradeError: sparc: a, b did not become ready within 0\.02 s/,
        );
        assert.deepEqual(cluster.patched, ["a", "b"]);
    });
});

describe("the proxies of a cluster", () => {
    const pod = {
        metadata: { namespace: "sparc", name: "a", annotations: { "istio.io/rev": "old" } },
        spec: {
            containers: [{ name: "app", image: "app:1" }],
            initContainers: [{ name: "istio-proxy", image: OLD_IMAGE }],
        },
    };

    it("are the pods that injection has annotated, unless they have ended or are terminating", () => {
        assert.deepEqual(proxyOf(pod), {
            namespace: "sparc",
            name: "a",
            labels: {},
            revision: "old",
            image: OLD_IMAGE,
        });
        assert.equal(proxyOf({ ...pod, status: { phase: "Succeeded" } }), undefined);
        assert.equal(proxyOf({ ...pod, metadata: { ...pod.metadata, deletionTimestamp: "now" } }), undefined);
        assert.equal(proxyOf({ metadata: { name: "a" } }), undefined);
    });

    it("have no version to compare if the pod selects its image", () => {
        const annotations = { ...pod.metadata.annotations, "sidecar.istio.io/proxyImage": "x" };
        assert.equal(proxyOf({ ...pod, metadata: { ...pod.metadata, annotations } })?.image, undefined);
    });

    it("run the image that Istio's injector builds of its values", () => {
        assert.equal(
            injectedImage({ global: { hub: "h", tag: "1.31.1", proxy: { image: "proxyv2" } } }),
            "h/proxyv2:1.31.1",
        );
        assert.equal(
            injectedImage({ global: { hub: "h", tag: "1", variant: "distroless" } }),
            "h/proxyv2:1-distroless",
        );
        assert.equal(
            injectedImage({ global: { hub: "h", tag: "1", proxy: { image: "r/p@sha256:0" } } }),
            "r/p@sha256:0",
        );
        assert.equal(injectedImage({}), undefined);
    });

    it("are named if they would lose their control plane", async () => {
        const cluster = new FakeCluster().add("auth").add("video", "new");
        await assert.rejects(assertAllOn(cluster, "new"), /do not use new yet.*\n {2}sparc\/auth-1 \(old\)$/);
        await assertAllOn(new FakeCluster().add("video", "new"), "new");
    });
});
