/** Compares `mesh explain` with a real istiod and a real Envoy: the same decision for every generated policy and request. */
import assert from "node:assert/strict";
import { authorize } from "../../cli/lib/evaluate/authorization";
import { MeshSnapshot } from "../../cli/lib/snapshot/snapshot";
import type { AuthorizationPolicyManifest } from "../../components/base/manifest";
import { SERVER_NAME, type TestRequest } from "../support/istiod/envoy-evaluator";
import { type PolicyEvaluator, startPolicyEvaluator } from "../support/istiod/policy-evaluator";
import { PORT, labelsOf, policySets, requests } from "../support/istiod/generated-policies";

const SETS = 20;
const REQUESTS = 100;
const SEED = 20_261_201;

describe("mesh explain, compared with a real istiod", function () {
    this.timeout(600_000);
    const sets = policySets(SETS, SEED);
    let evaluator: PolicyEvaluator;

    before(async function () {
        evaluator = await startPolicyEvaluator(this, sets);
    });
    after(() => (evaluator as PolicyEvaluator | undefined)?.stop());

    function explained(policies: readonly AuthorizationPolicyManifest[], set: number, request: TestRequest) {
        const snapshot = new MeshSnapshot({ objects: policies, releases: [] });
        const workload = {
            ...{ name: `case-${set}`, namespace: "sparc", labels: labelsOf(set) },
            ...{ account: "app", meshed: true },
        };
        const { caller, ...http } = request;
        return authorize(snapshot, workload, { principal: caller, port: PORT, http, sni: SERVER_NAME });
    }

    it(`agrees with it on ${SETS * REQUESTS} cases, or reports conditions`, async () => {
        const wrong: string[] = [];
        const tally = { allowed: 0, denied: 0, depends: 0 };
        for (const [set, policies] of sets.entries()) {
            for (const request of requests(REQUESTS, SEED + set)) {
                const passes = await evaluator.allows(set, request);
                const step = explained(policies, set, request);
                if (step.conditions.some((text) => /\b(allows|denies) if\b/.test(text))) {
                    tally.depends += 1;
                    assert.match(JSON.stringify(policies), /equestPrincipals|request\.auth/);
                    continue;
                }
                const allowed = step.verdict !== "denied";
                tally[allowed ? "allowed" : "denied"] += 1;
                if (allowed !== passes)
                    wrong.push(
                        `Envoy ${passes ? "lets pass" : "denied"}, explain ${step.verdict} (${step.text}): ${JSON.stringify(request)} under ${JSON.stringify(policies.map(({ spec }) => spec))}`,
                    );
            }
        }
        process.stdout.write(`      ${JSON.stringify(tally)}\n`);
        assert.deepEqual(wrong.slice(0, 5), [], `${wrong.length} differ`);
        assert.ok(tally.allowed > SETS && tally.denied > SETS, "both verdicts occur");
    });
});
