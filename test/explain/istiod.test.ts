/** `mesh explain` beside a real istiod and a real Envoy: the same decision for every generated policy and request. */
import assert from "node:assert/strict";
import { authorize } from "../../cli/explain/evaluate/authorization";
import { World } from "../../cli/explain/world/world";
import type { AuthorizationPolicyManifest } from "../../components/base/manifest";
import { SERVER_NAME, type TriedRequest } from "../support/istiod/judge";
import { type PolicyJudge, startPolicyJudge } from "../support/istiod/policy-judge";
import { PORT, labelsOf, policySets, requests } from "../support/istiod/generated-policies";

const SETS = 20;
const REQUESTS = 100;
const SEED = 20_261_201;

describe("mesh explain, beside a real istiod", function () {
    this.timeout(600_000);
    const sets = policySets(SETS, SEED);
    let judge: PolicyJudge;

    before(async function () {
        judge = await startPolicyJudge(this, sets);
    });
    after(() => (judge as PolicyJudge | undefined)?.stop());

    function explained(policies: readonly AuthorizationPolicyManifest[], set: number, request: TriedRequest) {
        const world = new World({ objects: policies, releases: [] });
        const workload = {
            ...{ name: `case-${set}`, namespace: "sparc", labels: labelsOf(set) },
            ...{ account: "app", meshed: true },
        };
        const { caller, ...http } = request;
        return authorize(world, workload, { principal: caller, port: PORT, http, sni: SERVER_NAME });
    }

    it(`agrees with it on ${SETS * REQUESTS} cases, or says that it depends`, async () => {
        const wrong: string[] = [];
        const tally = { allowed: 0, denied: 0, depends: 0 };
        for (const [set, policies] of sets.entries()) {
            for (const request of requests(REQUESTS, SEED + set)) {
                const passes = await judge.passes(set, request);
                const step = explained(policies, set, request);
                if (step.conditions.some((text) => /\b(allows|denies) if\b/.test(text))) {
                    tally.depends += 1;
                    assert.match(JSON.stringify(policies), /equestPrincipals|request\.auth/);
                    continue;
                }
                const allowed = step.verdict !== "denies";
                tally[allowed ? "allowed" : "denied"] += 1;
                if (allowed !== passes)
                    wrong.push(
                        `Envoy ${passes ? "lets pass" : "denies"}, explain ${step.verdict} (${step.text}): ${JSON.stringify(request)} under ${JSON.stringify(policies.map(({ spec }) => spec))}`,
                    );
            }
        }
        process.stdout.write(`      ${JSON.stringify(tally)}\n`);
        assert.deepEqual(wrong.slice(0, 5), [], `${wrong.length} differ`);
        assert.ok(tally.allowed > SETS && tally.denied > SETS, "both are tried");
    });
});
