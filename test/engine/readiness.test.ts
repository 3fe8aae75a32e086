import assert from "node:assert/strict";
import { podProblem } from "../../local/engine/pods";
import { isAwaited, type Observed, readinessOf } from "../../local/engine/readiness";

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

    it("is not ready before its controller has observed the change", () => {
        for (const status of [{ ...done, observedGeneration: 2 }, {}]) {
            assert.deepEqual(readinessOf(deployment(status)), {
                is: "waiting",
                because: "its controller has not observed the change yet",
                final: false,
            });
        }
    });

    it("is not ready while old pods remain or new ones are missing", () => {
        for (const part of [{ replicas: 3 }, { updatedReplicas: 1 }, { availableReplicas: 1 }]) {
            assert.equal(readinessOf(deployment({ ...done, ...part })).is, "waiting");
        }
    });

    it("reports why its pods are rejected, and when waiting is useless", () => {
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

    it("that is a DaemonSet is ready when it runs on all nodes", () => {
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

describe("objects that the engine waits for", () => {
    const annotated = (annotations: Record<string, string>, kind = "Certificate"): Observed => ({
        kind,
        metadata: { name: "gateway", annotations },
        status: { conditions: [{ type: "Ready", status: "False", message: "issuing" }] },
    });

    it("are workloads and annotated objects, unless the program skips them", () => {
        assert.equal(isAwaited(annotated({}, "Deployment")), true);
        assert.equal(isAwaited(annotated({})), false);
        assert.equal(isAwaited(annotated({ "pulumi.com/waitFor": "condition=Ready" })), true);
        assert.equal(isAwaited(annotated({ "pulumi.com/skipAwait": "true" }, "Deployment")), false);
    });

    it("can have a condition with a value", () => {
        assert.deepEqual(readinessOf(annotated({ "pulumi.com/waitFor": "condition=Ready" })), {
            is: "waiting",
            because: "issuing",
            final: false,
        });
        assert.deepEqual(readinessOf(annotated({ "pulumi.com/waitFor": "condition=Ready=false" })), {
            is: "ready",
        });
    });

    it("can have a field that must exist, as a Job has its UID from its creation on", () => {
        const waitFor = { "pulumi.com/waitFor": "jsonpath={.metadata.uid}" };
        const job = annotated(waitFor, "Job");
        assert.equal(isAwaited(job), true);
        assert.deepEqual(readinessOf(job), {
            is: "waiting",
            because: "it has no metadata.uid yet",
            final: false,
        });
        const created = { ...job, metadata: { ...job.metadata, uid: "u" } };
        assert.deepEqual(readinessOf(created), { is: "ready" });
    });

    it("are rejected if only the Pulumi CLI supports their condition", () => {
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

    it("reports what its containers wait for, and how they terminated", () => {
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

    it("reports why it is not scheduled", () => {
        const conditions = [
            { type: "PodScheduled", status: "False", message: "0/1 nodes: Insufficient memory" },
        ];
        assert.equal(podProblem(pod({ conditions })), "not scheduled: 0/1 nodes: Insufficient memory");
    });

    it("names the containers that fail their probes", () => {
        assert.equal(
            podProblem(pod({ containerStatuses: [{ name: "app", ready: false, state: {} }] })),
            "not ready: app",
        );
        assert.equal(podProblem(pod({ phase: "Pending" })), "Pending");
    });
});
