/**
 * Compares the policy pack with a real istiod and a real Envoy: no generated policy that passes the pack allows a caller that
 * the policy does not name.
 */
import assert from "node:assert/strict";
import { stringify } from "yaml";
import type { AuthorizationPolicyManifest } from "../../components/base/manifest";
import { RULES } from "../../policy/rules";
import { PORT, labelsOf, nearlyStrictPolicies, requests } from "../support/istiod/generated-policies";
import { type PolicyEvaluator, startPolicyEvaluator } from "../support/istiod/policy-evaluator";
import { findings, fromYaml } from "./support/stacks";

const POLICIES = 240;
const REQUESTS = 40;
const SEED = 20_261_203;

/** Violations of the pack's area `access` by one policy for the workload's Service. */
function violationsOf(policy: AuthorizationPolicyManifest): string[] {
    const { namespace, name } = policy.metadata;
    const service = {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name: "app", namespace },
        spec: { selector: policy.spec.selector?.matchLabels, ports: [{ name: "http", port: PORT }] },
    };
    const resources = fromYaml([service, policy].map((one) => stringify(one)).join("---\n"));
    return RULES.filter(({ area }) => area === "access").flatMap((rule) =>
        findings(rule, resources)
            .filter(({ subject, unknown }) => subject?.name === name && unknown !== true)
            .map(() => rule.name),
    );
}

/** The policy for the workload of this set. */
function relabelled({ spec, ...policy }: AuthorizationPolicyManifest, set: number) {
    return { ...policy, spec: { ...spec, selector: { matchLabels: labelsOf(set) } } };
}

/** Accounts that the policy names exactly, without patterns. */
function allowedExactly({ metadata, spec }: AuthorizationPolicyManifest): Set<string> {
    const all = (spec.rules ?? []).flatMap(({ from = [], when = [] }) => [
        ...from.flatMap(({ source = {} }) => [
            ...(source.principals ?? []),
            ...(source.serviceAccounts ?? []).map((account) => {
                const [namespace, name] = account.includes("/")
                    ? account.split("/")
                    : [metadata.namespace, account];
                return `cluster.local/ns/${namespace}/sa/${name}`;
            }),
        ]),
        ...when.flatMap(({ key, values = [] }) => (key === "source.principal" ? values : [])),
    ]);
    return new Set(all.filter((one) => !one.includes("*")));
}

describe("the policy pack, compared with a real istiod", function () {
    this.timeout(600_000);
    const passed = nearlyStrictPolicies(POLICIES, SEED).filter((policy) => violationsOf(policy).length === 0);
    let evaluator: PolicyEvaluator;

    before(async function () {
        evaluator = await startPolicyEvaluator(
            this,
            passed.map((policy, set) => [relabelled(policy, set)]),
        );
    });
    after(() => (evaluator as PolicyEvaluator | undefined)?.stop());

    it(`rejects each of ${POLICIES} generated policies that allows a caller it does not name`, async () => {
        const open: string[] = [];
        let letIn = 0;
        for (const [set, policy] of passed.entries()) {
            const allowedAccounts = allowedExactly(policy);
            for (const request of requests(REQUESTS, SEED + set)) {
                if (!(await evaluator.allows(set, request))) continue;
                letIn += 1;
                if (request.caller !== undefined && allowedAccounts.has(request.caller)) continue;
                open.push(`${JSON.stringify(request)} under ${JSON.stringify(policy.spec)}`);
            }
        }
        process.stdout.write(`      ${passed.length} of ${POLICIES} pass; ${letIn} requests allowed\n`);
        assert.deepEqual(open.slice(0, 5), [], `${open.length} requests`);
        assert.ok(passed.length > 20 && letIn > 20, "some policies pass");
    });
});
