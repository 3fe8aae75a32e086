import assert from "node:assert/strict";
import { setTimeout as pause } from "node:timers/promises";
import type { KubeObject } from "../../cli/verify/drift/objects";
import { CannotVerify } from "../../cli/verify/errors";
import { withLease } from "../../cli/verify/probers/lease";
import { FakeCluster } from "./fake-cluster";

const LEASE = "Lease sparc/probe-run";

/** A lease that another run renewed so many seconds ago. */
function leaseOf(holderIdentity: string, seconds: number): KubeObject {
    return {
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { name: "probe-run", namespace: "sparc" },
        spec: { holderIdentity, renewTime: new Date(Date.now() - seconds * 1000).toISOString() },
    };
}

/** A cluster whose second answer to `get` arrives late: it was read before the first reader wrote. */
class LateSecondRead extends FakeCluster {
    arrive: () => void = () => undefined;
    private reads = 0;
    private readonly arrival = new Promise<void>((done) => (this.arrive = done));

    override async get(...place: Parameters<FakeCluster["get"]>): Promise<KubeObject | undefined> {
        const found = await super.get(...place);
        this.reads += 1;
        if (this.reads === 2) await this.arrival;
        return found;
    }
}

describe("the lease of a run", () => {
    for (const [what, objects] of [
        ["find no lease", []],
        ["find the lease of a run that was killed", [leaseOf("elsewhere/1", 30)]],
    ] as const)
        it(`is one run's alone, where two ${what} at the same time`, async () => {
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
            const refused = outcomes.filter((one) => one.status === "rejected");
            assert.equal(refused.length, 1);
            assert.ok(refused[0]?.reason instanceof CannotVerify);
            assert.match(refused[0].reason.message, /another run is verifying fake/);
            assert.equal(cluster.objects.has(LEASE), false);
        });

    it("is not removed by a run that lost it, which then proves nothing", async () => {
        const cluster = new FakeCluster([], []);
        const run = withLease(cluster, async () => {
            await cluster.apply(leaseOf("elsewhere/2", 0));
            return "proven";
        });
        await assert.rejects(run, /another run took the lease of fake over/);
        assert.equal(cluster.objects.has(LEASE), true);
    });

    it("is given back when the work fails", async () => {
        const cluster = new FakeCluster([], []);
        await assert.rejects(
            withLease(cluster, () => Promise.reject(new Error("no"))),
            /^Error: no$/,
        );
        assert.equal(cluster.objects.has(LEASE), false);
    });
});
