import * as assert from "node:assert/strict";

import { problemsAfter } from "../small";

describe("workloads", () => {
    it("cannot scale to fewer replicas than configured", () => {
        const scaled = (minReplicas: number, maxReplicas: number) =>
            problemsAfter(({ services }) => Object.assign(services.back, { minReplicas, maxReplicas }));
        assert.deepEqual(
            scaled(3, 2).map(({ rule, where }) => [rule, where]),
            [["max-replicas", "back.maxReplicas"]],
        );
        assert.deepEqual(scaled(3, 3), []);
    });
});
