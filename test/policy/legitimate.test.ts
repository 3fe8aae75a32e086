/**
 * Correct uses of Istio are not violations: 52 cases on another team's secure stack, evaluated by every policy with an empty
 * configuration. Where a strict policy rejects a case, a configuration that a reviewer can accept allows it.
 */
import assert from "node:assert/strict";
import { message } from "../../policy/core/message";
import { isStackRule, type StackRule } from "../../policy/core/rule";
import { evaluateClusters } from "../../policy/core/sdk";
import { type EngineResource, Subject } from "../../policy/core/subject";
import { StackResources } from "../../policy/core/stack-resources";
import { RULES } from "../../policy/rules";
import { ACCESS } from "./other-teams/legitimate/access";
import { CONTROLLERS } from "./other-teams/legitimate/controllers";
import { NEAR_MISSES } from "./other-teams/legitimate/near-misses";
import { NETWORK } from "./other-teams/legitimate/network";
import { ROUTES } from "./other-teams/legitimate/routes";
import { base, stackOf } from "./other-teams/legitimate/stack";
import { WORKLOADS } from "./other-teams/legitimate/workloads";
import { configOf, findings } from "./support/stacks";

const CASES = [...NETWORK, ...ACCESS, ...ROUTES, ...WORKLOADS, ...CONTROLLERS].sort((a, b) =>
    a.id < b.id ? -1 : 1,
);

interface PolicyViolation {
    readonly policy: string;
    /** `policy: object: what is wrong`. */
    readonly text: string;
}

function violationsOf(
    resources: readonly EngineResource[],
    config: Record<string, unknown> = {},
): PolicyViolation[] {
    return RULES.flatMap((rule) =>
        findings(rule, resources, configOf(rule, config))
            .filter(({ unknown }) => unknown !== true)
            .map((finding) => ({
                policy: rule.name,
                text: `${rule.name}: ${message(rule, finding).split("\n", 1)[0] ?? ""}`,
            })),
    );
}

function assertPasses(resources: readonly EngineResource[], config: Record<string, unknown> = {}): void {
    const texts = violationsOf(resources, config).map(({ text }) => text);
    assert.ok(texts.length === 0, texts.join("\n"));
}

describe("another team's legitimate configuration, with an empty pack configuration", () => {
    it("passes as the base stack", () => {
        assertPasses(base());
    });

    it("has a unique id for each case", () => {
        assert.equal(new Set(CASES.map(({ id }) => id)).size, CASES.length);
    });

    for (const legitimate of CASES) {
        const { id, what, config } = legitimate;
        const stack = (): readonly EngineResource[] => stackOf(legitimate);
        if (config === undefined) {
            it(`${id}: ${what}`, () => {
                assertPasses(stack());
            });
        } else {
            it(`${id}: ${what}, if it is listed`, () => {
                // Without the configuration exactly the policies that it configures are violated.
                const configured = [...new Set(violationsOf(stack()).map(({ policy }) => policy))].sort();
                assert.deepEqual(configured, Object.keys(config).sort());
                assertPasses(stack(), config);
            });
        }
    }
});

describe("legitimate stacks with clusters and namespaces set by providers", () => {
    const namespaceOf = (resource: EngineResource): string | undefined =>
        (resource.props as { metadata?: { namespace?: string } }).metadata?.namespace;
    /** The resource in a cluster, by a provider that may set a namespace. */
    const inCluster = (resource: EngineResource, cluster: string, namespace?: string): EngineResource => ({
        ...resource,
        urn: `${resource.urn}-${cluster}`,
        provider: { urn: `${cluster}-${namespace ?? ""}`, props: { kubeconfig: cluster, namespace } },
    });
    const violatedRules = (resources: readonly EngineResource[]): readonly string[] =>
        RULES.flatMap((rule) =>
            isStackRule(rule)
                ? [
                      ...evaluateClusters(
                          rule as unknown as StackRule,
                          StackResources.ofClusters(resources),
                          {},
                      ),
                  ]
                : findings(rule, resources),
        )
            .filter(({ unknown }) => unknown !== true)
            .map(({ problem, subject }) => `${subject?.key ?? "this stack"}: ${problem}`);
    const clusters = (second: readonly EngineResource[]): readonly EngineResource[] => [
        ...base().map((resource) => inCluster(resource, "one")),
        ...second.map((resource) => inCluster(resource, "two")),
    ];
    const byProvider = (namespace: string): readonly EngineResource[] =>
        base().map((resource) => {
            if (namespaceOf(resource) !== "shop") return inCluster(resource, "one");
            const { metadata, ...rest } = resource.props as { metadata: object };
            return inCluster(
                { ...resource, props: { ...rest, metadata: { ...metadata, namespace: undefined } } },
                "one",
                namespace,
            );
        });

    it("L10: passes two clusters in one program, each with the same objects", () => {
        assert.deepEqual(violatedRules(clusters(base())), []);
    });

    it("L10: rejects a second cluster without the default deny", () => {
        const second = base().filter(
            (resource) => new Subject(resource).key !== "shop/AuthorizationPolicy/deny-all",
        );
        assert.ok(second.length < base().length);
        assert.match(violatedRules(clusters(second)).join("\n"), /Namespace\/shop: no AuthorizationPolicy/);
    });

    it("L11: passes a namespace set by the provider, and none in metadata", () => {
        assert.deepEqual(violatedRules(byProvider("shop")), []);
    });

    it("L11: rejects a provider that names another namespace", () => {
        assert.match(
            violatedRules(byProvider("other")).join("\n"),
            /Namespace\/shop: no AuthorizationPolicy/,
        );
    });
});

describe("near misses of legitimate cases", () => {
    for (const { like, what, policy, edit } of NEAR_MISSES) {
        it(`are rejected: ${like}, but ${what}`, () => {
            const legitimate = CASES.find(({ id }) => id === like);
            assert.ok(legitimate !== undefined);
            const stack = stackOf({ ...legitimate, edit: [...(legitimate.edit ?? []), ...edit] });
            const refusing = violationsOf(stack, legitimate.config).map((refusal) => refusal.policy);
            assert.ok(refusing.includes(policy), `refused by ${refusing.join(", ") || "nothing"}`);
        });
    }
});
