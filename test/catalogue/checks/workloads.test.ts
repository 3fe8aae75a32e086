import * as assert from "node:assert/strict";

import type { Resources } from "../../../catalogue/model";
import { problemsAfter } from "../small";

describe("workloads", () => {
    const replicated = (minReplicas: number) =>
        problemsAfter(({ services }) => {
            services.back.minReplicas = minReplicas;
        });

    it("run at least once", () => {
        for (const count of [0, 1.5]) {
            assert.deepEqual(replicated(count), [
                {
                    rule: "min-replicas",
                    where: "back.minReplicas",
                    message: `back is to have at least ${count} replicas`,
                    remedy: "Use a whole number from 1.",
                },
            ]);
        }
        assert.deepEqual(replicated(1), []);
    });

    const given = (sidecar: Partial<Resources>) =>
        problemsAfter(({ services }) => {
            services.back.sidecar = {
                cpu: "100m",
                memory: "128Mi",
                cpuLimit: "2",
                memoryLimit: "1Gi",
                ...sidecar,
            };
        });

    it("have sidecars with resources that are quantities", () => {
        assert.deepEqual(given({ cpu: "100 m", memoryLimit: "1GB" }), [
            {
                rule: "malformed-quantity",
                where: "back.sidecar.cpu",
                message: 'the sidecar of back is given "100 m", which is no quantity',
                remedy: "Write it as Kubernetes does: 100m or 2 for CPU, 128Mi or 1Gi for memory.",
            },
            {
                rule: "malformed-quantity",
                where: "back.sidecar.memoryLimit",
                message: 'the sidecar of back is given "1GB", which is no quantity',
                remedy: "Write it as Kubernetes does: 100m or 2 for CPU, 128Mi or 1Gi for memory.",
            },
        ]);
        assert.deepEqual(given({ cpu: "0.5", memory: "1.5Gi" }), []);
    });

    it("are traced by a share that Envoy can count", () => {
        const traced = (sampling: number) =>
            problemsAfter(({ services }) => {
                services.back.sampling = sampling;
            });
        for (const share of [-1, 100.5, 0.001, Number.NaN]) {
            assert.deepEqual(traced(share), [
                {
                    rule: "sampling",
                    where: "back.sampling",
                    message: `of the traces that begin with back, ${share} percent are to be kept`,
                    remedy: "Use a number from 0 to 100 with at most two decimals.",
                },
            ]);
        }
        for (const share of [0, 0.01, 0.07, 8.29, 100]) assert.deepEqual(traced(share), []);
    });
});
