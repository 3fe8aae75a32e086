import * as assert from "node:assert/strict";

import type { Exposure } from "../../../catalogue/model";
import { type Draft, problemsAfter } from "../small";

/** Rule, location and message of the problems with a second host for the small catalogue's exposed port. */
function withSecond(change: Partial<Draft<Exposure>>): string[] {
    return problemsAfter(({ services, exposure }) => {
        services.front.exposures = [exposure, { ...exposure, host: "open", ...change }];
    }).map(({ rule, where, message }) => `${rule} ${where}: ${message}`);
}

describe("two hosts of one port", () => {
    it("cannot allow a request both with a token and without one", () => {
        for (const authentication of ["none", "signed"] as const)
            assert.deepEqual(withSecond({ authentication }), [
                `shared-requests front.exposures[1] → public open: the host open allows GET /items with authentication ${authentication}, ` +
                    "but the host api requires authentication jwt",
            ]);
    });

    it("cannot allow overlapping templates with different authentication, also at different gateways", () => {
        const problems = problemsAfter(({ services, exposure, http }) => {
            services.front.ports["http"] = { ...http, requests: ["GET /items/{**}", "GET /items/{*}"] };
            services.front.exposures = [
                { ...exposure, requests: ["GET /items/{*}"] },
                {
                    ...exposure,
                    gateway: "internal",
                    host: "open",
                    requests: ["GET /items/{**}"],
                    authentication: "none",
                },
            ];
        });
        assert.deepEqual(
            problems.map(({ rule }) => rule),
            ["shared-requests"],
        );
    });

    it("can divide the requests, and can allow the same with the same authentication", () => {
        assert.deepEqual(withSecond({ authentication: "none", requests: ["POST /items"] }), []);
        assert.deepEqual(withSecond({}), []);
    });
});
