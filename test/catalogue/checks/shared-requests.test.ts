import * as assert from "node:assert/strict";

import type { Exposure } from "../../../catalogue/model";
import { type Draft, problemsAfter } from "../small";

/** Rule, place and message of what is wrong with a second host of the small catalogue's exposed port. */
function withSecond(change: Partial<Draft<Exposure>>): string[] {
    return problemsAfter(({ services, exposure }) => {
        services.front.exposures = [exposure, { ...exposure, host: "open", ...change }];
    }).map(({ rule, where, message }) => `${rule} ${where}: ${message}`);
}

describe("two hosts of one port", () => {
    it("open no request both with a token and without one", () => {
        for (const authentication of ["none", "signed"] as const)
            assert.deepEqual(withSecond({ authentication }), [
                `shared-requests front.exposures[1] → public open: the host open opens GET /items with authentication ${authentication}, ` +
                    "which the host api opens with authentication jwt alone",
            ]);
    });

    it("open none whose templates overlap, at other gateways either", () => {
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

    it("may divide the requests, and may open the same with the same authentication", () => {
        assert.deepEqual(withSecond({ authentication: "none", requests: ["POST /items"] }), []);
        assert.deepEqual(withSecond({}), []);
    });
});
