import * as assert from "node:assert/strict";

import { checkCatalogue } from "../../../catalogue/check";
import type { Plan } from "../../../catalogue/model";
import { changed, problemsAfter } from "../small";

const messages = (problems: readonly { message: string }[]) => problems.map(({ message }) => message);

describe("rate limits of hosts", () => {
    it("require a protocol whose requests can be counted", () => {
        const problems = problemsAfter(({ services, ws }) => {
            services.back.ports = { ws };
            services.middle.calls = [];
            services.back.exposures = [
                {
                    gateway: "public",
                    host: "live",
                    port: "ws",
                    authentication: "none",
                    timeout: "stream",
                    rateLimit: { requests: 1, per: "second" },
                },
            ];
        });
        assert.deepEqual(messages(problems), [
            "the host live has a rateLimit, but leads to a port of the protocol ws",
        ]);
    });
});

describe("plans", () => {
    const plan = (tenant: number, client: number): Plan => ({
        tenant: { requests: tenant, per: "minute" },
        client: { requests: client, per: "second" },
    });
    const problems = (plans: Readonly<Record<string, Plan>>) =>
        messages(checkCatalogue({ ...changed(() => undefined), plans }));

    it("must include a default for tokens without a plan", () => {
        assert.deepEqual(problems({}), []);
        assert.deepEqual(problems({ default: plan(60, 1) }), []);
        assert.deepEqual(problems({ gold: plan(60, 1) }), [
            "the plan default is missing, so tokens without a plan or with an unknown one have no limit",
        ]);
    });

    it("cannot give a client a higher limit than its tenant, whatever the unit", () => {
        assert.deepEqual(problems({ default: plan(60, 2) }), [
            "in the plan default the limit of one client is higher than its tenant's",
        ]);
    });
});
