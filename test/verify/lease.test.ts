import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import type { KubeObject } from "../../cli/lib/drift/objects";
import { CannotVerify } from "../../cli/lib/cluster/cannot-verify";
import { withLease } from "../../cli/verify/probers/lease";
import { FakeCluster } from "./fake-cluster";

const LEASE = "Lease sparc/probe-run";

/** A lease that another run renewed `seconds` ago. */
function leaseOf(holderIdentity: string, seconds: number): KubeObject {
    return {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name: "probe-run", namespace: "sparc" },
        spec: { holderIdentity, renewTime: new Date(Date.now() - seconds * 1000).toISOString() },
    };
}

/** A cluster whose second response to `get` is delayed: it was read before the first reader wrote. */
class LateSecondRead extends FakeCluster {
    arrive: () => void = () => undefined;
    private reads = 0;
    private readonly arrival = new Promise<void>((done) => (this.arrive = done));

    override async get(...place: Parameters<FakeCluster["get"]>): Promise<KubeObject | undefined> {
        const object = await super.get(...place);
        this.reads += 1;
        if (this.reads === 2) await this.arrival;
        return object;
    }
}

describe("the lease of a run", () => {
    for (const [what, objects] of [
        ["find no lease", []],
        ["find the lease of a run that was killed", [leaseOf("elsewhere/1", 30)]],
    ] as const)
        it(`is held by one run only, if two ${what} at the same time`, async () => {
            const cluster = new LateSecondRead([], []);
            for (const object of objects) await cluster.apply(object);
            let inside = 0;
            let max = 0;
            const run = () =>
                withLease(cluster, async () => {
                    cluster.arrive();
                    max = Math.max(max, (inside += 1));
                    await pause(50);
                    inside -= 1;
                });
            const outcomes = await Promise.allSettled([run(), run()]);
            assert.equal(max, 1);
            const rejected = outcomes.filter((one) => one.status === "rejected");
            assert.equal(rejected.length, 1);
            assert.ok(rejected[0]?.reason instanceof CannotVerify);
            assert.match(rejected[0].reason.message, /another run is verifying fake/);
            assert.equal(cluster.objects.has(LEASE), false);
        });

    it("is not removed by a run that lost it, and that run fails", async () => {
        const cluster = new FakeCluster([], []);
        const run = withLease(cluster, async () => {
            await cluster.apply(leaseOf("elsewhere/2", 0));
            return "proven";
        });
        await assert.rejects(run, /another run took over the lease of fake/);
        assert.equal(cluster.objects.has(LEASE), true);
    });

    it("is released when the work fails", async () => {
        const cluster = new FakeCluster([], []);
        await assert.rejects(
            withLease(cluster, () => Promise.reject(new Error("no"))),
            /^Error: no$/,
        );
        assert.equal(cluster.objects.has(LEASE), false);
    });
});
