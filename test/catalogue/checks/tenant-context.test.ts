import * as assert from "node:assert/strict";

import { problemsAfter } from "../small";

describe("who asserts a tenant", () => {
    it("does so only at a port that takes callers' word", () => {
        const problems = problemsAfter(({ frontToMiddle }) => {
            frontToMiddle.assertsTenant = true;
        });
        assert.deepEqual(
            problems.map(({ rule }) => rule),
            ["asserts-forwarded-tenant"],
        );
        const [problem] = problems;
        assert.match(
            problem?.message ?? "",
            /asserts a tenant, but the port \w+ of \w+ takes only what the token/,
        );
        assert.match(problem?.remedy ?? "", /write tenantContext: "service" at \w+\.ports\.\w+\.$/);
    });

    it("is somebody, where a port takes callers' word", () => {
        const problems = problemsAfter(({ http }) => {
            http.tenantContext = "service";
        });
        assert.deepEqual(
            problems.map(({ rule }) => rule),
            ["nobody-asserts"],
        );
    });

    it("may do so at a port that takes callers' word", () => {
        const problems = problemsAfter(({ frontToMiddle, grpc }) => {
            frontToMiddle.assertsTenant = true;
            grpc.tenantContext = "service";
        });
        assert.deepEqual(problems, []);
    });
});
