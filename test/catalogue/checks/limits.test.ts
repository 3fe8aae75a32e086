import * as assert from "node:assert/strict";

import { checkCatalogue } from "../../../catalogue/check";
import type { Plan } from "../../../catalogue/model";
import { changed, problemsAfter } from "../small";

const messages = (problems: readonly { message: string }[]) => problems.map(({ message }) => message);

describe("limits of hosts", () => {
    it("are where requests can be counted", () => {
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
                    limit: { requests: 1, per: "second" },
                },
            ];
        });
        assert.deepEqual(messages(problems), [
            "the host live limits requests, of which the gateway sees none there",
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

    it("have one for tokens that name none", () => {
        assert.deepEqual(problems({}), []);
        assert.deepEqual(problems({ default: plan(60, 1) }), []);
        assert.deepEqual(problems({ gold: plan(60, 1) }), [
            "there is no plan default, so that a token that names none of the plans has no limit",
        ]);
    });

    it("give a client no more than its tenant, whatever the unit", () => {
        assert.deepEqual(problems({ default: plan(60, 2) }), [
            "in the plan default one client may ask for more than its whole tenant",
        ]);
    });
});
