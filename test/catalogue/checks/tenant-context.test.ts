import * as assert from "node:assert/strict";

import { problemsAfter } from "../small";

describe("a caller that asserts a tenant", () => {
    it("can do so only at a port that accepts asserted tenants", () => {
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
            /asserts a tenant, but the port \w+ of \w+ accepts only the tenant in the request's token/,
        );
        assert.match(problem?.remedy ?? "", /set tenantContext: "service" at \w+\.ports\.\w+\.$/);
    });

    it("must exist for a port that accepts asserted tenants", () => {
        const problems = problemsAfter(({ http }) => {
            http.tenantContext = "service";
        });
        assert.deepEqual(
            problems.map(({ rule }) => rule),
            ["unused-tenant-context"],
        );
    });

    it("can do so at a port that accepts asserted tenants", () => {
        const problems = problemsAfter(({ frontToMiddle, grpc }) => {
            frontToMiddle.assertsTenant = true;
            grpc.tenantContext = "service";
        });
        assert.deepEqual(problems, []);
    });
});
