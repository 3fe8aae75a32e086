import * as assert from "node:assert/strict";

import { checkCatalogue } from "../../catalogue/check";
import { small } from "./small";

/** Old fields, each in its object, with their new names. */
const RENAMES: readonly (readonly [where: string, newName: string])[] = [
    ["services.front.keepsTenantData", "storesTenantData"],
    ["services.front.slowAfter", "latencyThreshold"],
    ["services.front.exposures[0].limit", "rateLimit"],
    ["services.front.exposures[0].clientCertificate.sans", "subjectAltNames"],
    ["services.front.rollout.steps", "stepWeights"],
    ["stores.db.connections", "maxConnections"],
    ["external.mail.breaker", "circuitBreaker"],
    ["external.mail.limit", "rateLimit"],
    ["external.mail.circuitBreaker.connections", "maxConnections"],
    ["external.mail.circuitBreaker.failures", "consecutive5xxErrors"],
    ["external.mail.circuitBreaker.pause", "baseEjectionTime"],
];

type Json = Record<string, unknown>;

/** A valid catalogue, except for a value at `where`. */
function withFieldAt(where: string): unknown {
    const { services, stores, external, exposure } = small();
    exposure.clientCertificate = { authority: "devices" };
    services.front.rollout = { strategy: "progressive" };
    external.mail.circuitBreaker = {};
    const keys = where.split(/[.[\]]+/);
    const field = keys.pop() ?? "";
    const catalogue = { services, stores, external };
    const object = keys.reduce<Json>((value, key) => value[key] as Json, catalogue);
    object[field] = 1;
    return catalogue;
}

describe("a renamed field of the catalogue", () => {
    for (const [where, newName] of RENAMES) {
        const field = where.replace(/^.*\./, "");
        it(`${field} of ${where.replace(/\.\w+$/, "")} is reported with its new name ${newName}`, () => {
            assert.deepEqual(checkCatalogue(withFieldAt(where)), [
                {
                    rule: "renamed-key",
                    where,
                    message: `${field} was renamed to ${newName}`,
                    remedy: `Write ${newName} instead of ${field}.`,
                },
            ]);
        });
    }

    it("is reported as unknown in objects that never had it", () => {
        const [problem, ...others] = checkCatalogue(withFieldAt("services.front.exposures[0].pause"));
        assert.deepEqual([problem?.rule, problem?.message], ["unknown-key", "pause is not a known key"]);
        assert.deepEqual(others, []);
    });
});
