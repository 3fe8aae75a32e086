import assert from "node:assert/strict";
import { podProblem } from "../../local/engine/pods";
import { isAwaited, type Observed, readinessOf } from "../../local/engine/readiness";
import { patienceFor, retrying } from "../../local/engine/retry";
import { ApiError, NotServedError } from "../../local/engine/kube/errors";
import { FakeClock } from "./support/clock";

function deployment(status: Observed["status"], replicas = 2): Observed {
    return {
        kind: "Deployment",
        metadata: { name: "auth", generation: 3 },
        spec: { replicas },
        status: status ?? {},
    };
}

describe("a workload", () => {
    const done = { observedGeneration: 3, replicas: 2, updatedReplicas: 2, availableReplicas: 2 };

    it("is ready when all its pods are new and available", () => {
        assert.deepEqual(readinessOf(deployment(done)), { is: "ready" });
        assert.deepEqual(readinessOf(deployment({ observedGeneration: 3 }, 0)), { is: "ready" });
    });

    it("is not before its controller has seen the change", () => {
        for (const status of [{ ...done, observedGeneration: 2 }, {}]) {
            assert.deepEqual(readinessOf(deployment(status)), {
                is: "waiting",
                because: "its controller has not seen the change yet",
                final: false,
            });
        }
    });

    it("is not while old pods remain or new ones are missing", () => {
        for (const part of [{ replicas: 3 }, { updatedReplicas: 1 }, { availableReplicas: 1 }]) {
            assert.equal(readinessOf(deployment({ ...done, ...part })).is, "waiting");
        }
    });

    it("says why its pods are refused, and when there is no use in waiting", () => {
        const conditions = [
            { type: "ReplicaFailure", status: "True", message: "violates PodSecurity" },
            { type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded" },
        ];
        assert.deepEqual(readinessOf(deployment({ observedGeneration: 3, conditions })), {
            is: "waiting",
            because: "violates PodSecurity",
            final: true,
        });
    });

    it("on every node is ready when it is on all of them", () => {
        const status = {
            observedGeneration: 3,
            desiredNumberScheduled: 2,
            updatedNumberScheduled: 2,
            numberAvailable: 2,
        };
        assert.equal(readinessOf({ ...deployment(status), kind: "DaemonSet" }).is, "ready");
        assert.equal(
            readinessOf({ ...deployment({ ...status, numberAvailable: 1 }), kind: "DaemonSet" }).is,
            "waiting",
        );
    });
});

describe("what is waited for", () => {
    const annotated = (annotations: Record<string, string>, kind = "Certificate"): Observed => ({
        kind,
        metadata: { name: "gateway", annotations },
        status: { conditions: [{ type: "Ready", status: "False", message: "issuing" }] },
    });

    it("are workloads, and what the program says, unless it says not to", () => {
        assert.equal(isAwaited(annotated({}, "Deployment")), true);
        assert.equal(isAwaited(annotated({})), false);
        assert.equal(isAwaited(annotated({ "pulumi.com/waitFor": "condition=Ready" })), true);
        assert.equal(isAwaited(annotated({ "pulumi.com/skipAwait": "true" }, "Deployment")), false);
    });

    it("is a condition with its value", () => {
        assert.deepEqual(readinessOf(annotated({ "pulumi.com/waitFor": "condition=Ready" })), {
            is: "waiting",
            because: "issuing",
            final: false,
        });
        assert.deepEqual(readinessOf(annotated({ "pulumi.com/waitFor": "condition=Ready=false" })), {
            is: "ready",
        });
    });

    it("is refused where only the Pulumi CLI knows how", () => {
        assert.throws(() => isAwaited(annotated({ "pulumi.com/waitFor": "jsonpath={.a}=b" })), {
            name: "UnsupportedError",
        });
    });
});

describe("a pod that is not ready", () => {
    const pod = (status: object): Parameters<typeof podProblem>[0] => ({
        metadata: { name: "auth-1" },
        status,
    });

    it("says what its containers wait for, and how they ended", () => {
        const status = {
            containerStatuses: [
                { name: "istio-proxy", state: { waiting: { reason: "PodInitializing" } } },
                {
                    name: "app",
                    state: { waiting: { reason: "CrashLoopBackOff", message: "back-off 10s" } },
                    lastState: { terminated: { exitCode: 1, reason: "Error" } },
                },
            ],
        };
        assert.equal(podProblem(pod(status)), "app: CrashLoopBackOff: back-off 10s, last exit 1 (Error)");
    });

    it("says why it is on no node", () => {
        const conditions = [
            { type: "PodScheduled", status: "False", message: "0/1 nodes: Insufficient memory" },
        ];
        assert.equal(podProblem(pod({ conditions })), "not scheduled: 0/1 nodes: Insufficient memory");
    });

    it("names the containers that do not pass their probes", () => {
        assert.equal(
            podProblem(pod({ containerStatuses: [{ name: "app", ready: false, state: {} }] })),
            "not ready: app",
        );
        assert.equal(podProblem(pod({ phase: "Pending" })), "Pending");
    });
});

describe("patience", () => {
    const refusal = (status: number, body: object): ApiError =>
        new ApiError(status, JSON.stringify(body), "PATCH /x");

    it("is for what passes by itself", () => {
        assert.ok(patienceFor(new NotServedError("a/v1", "B")) > 0);
        assert.ok(patienceFor(refusal(500, { message: 'failed calling webhook "x"' })) > 0);
        assert.ok(patienceFor(refusal(403, { message: "namespace sparc is being terminated" })) > 0);
        assert.ok(patienceFor(refusal(429, {})) > 0);
    });

    it("is not for what only a person can change", () => {
        assert.equal(patienceFor(refusal(403, { message: "user may not" })), 0);
        assert.equal(patienceFor(refusal(422, { message: "Invalid" })), 0);
        assert.equal(patienceFor(refusal(404, { details: { kind: "namespaces" } })), 0);
        assert.equal(patienceFor(new Error("a mistake of ours")), 0);
    });

    it("has an end", async () => {
        const clock = new FakeClock();
        let attempts = 0;
        const attempt = (): Promise<never> => {
            attempts++;
            return Promise.reject(new NotServedError("a/v1", "B"));
        };
        await assert.rejects(retrying(attempt, clock), { name: "NotServedError" });
        assert.ok(clock.now() <= 30_000 && clock.now() > 25_000, `${clock.now()} ms`);
        assert.ok(attempts > 5 && attempts < 30, `${attempts} attempts`);
    });
});
