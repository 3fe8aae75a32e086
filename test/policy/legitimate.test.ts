/**
 * What a team that knows Istio does rightly is not refused: 40 cases on a closed stranger's stack, judged by every policy
 * with an empty configuration. What a strict policy refuses has a configuration that a reviewer can accept.
 */
import assert from "node:assert/strict";
import { message } from "../../policy/core/message";
import { isStackRule, type StackRule } from "../../policy/core/rule";
import { judgeWorlds } from "../../policy/core/sdk";
import { type EngineResource, Subject } from "../../policy/core/subject";
import { World } from "../../policy/core/world";
import { RULES } from "../../policy/rules";
import { ACCESS } from "./strangers/legitimate/access";
import { NEAR_MISSES } from "./strangers/legitimate/near-misses";
import { NETWORK } from "./strangers/legitimate/network";
import { ROUTES } from "./strangers/legitimate/routes";
import { base, stackOf } from "./strangers/legitimate/stack";
import { WORKLOADS } from "./strangers/legitimate/workloads";
import { configOf, findings } from "./support/stacks";

const CASES = [...NETWORK, ...ACCESS, ...ROUTES, ...WORKLOADS].sort((a, b) => (a.id < b.id ? -1 : 1));

interface Refusal {
    readonly policy: string;
    /** `policy: object: what is wrong`. */
    readonly text: string;
}

function refusals(resources: readonly EngineResource[], config: Record<string, unknown> = {}): Refusal[] {
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
    const texts = refusals(resources, config).map(({ text }) => text);
    assert.ok(texts.length === 0, texts.join("\n"));
}

describe("legitimate things of another team, with an empty configuration", () => {
    it("its closed stack passes", () => {
        assertPasses(base());
    });

    it("are each listed once", () => {
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
                // The policies that the configuration is for, and no others, are strict here.
                const refusing = [...new Set(refusals(stack()).map(({ policy }) => policy))].sort();
                assert.deepEqual(refusing, Object.keys(config).sort());
                assertPasses(stack(), config);
            });
        }
    }
});

describe("legitimate stacks of another shape", () => {
    const namespaceOf = (resource: EngineResource): string | undefined =>
        (resource.props as { metadata?: { namespace?: string } }).metadata?.namespace;
    /** In a cluster, by a provider that may say a namespace. */
    const within = (resource: EngineResource, cluster: string, namespace?: string): EngineResource => ({
        ...resource,
        urn: `${resource.urn}-${cluster}`,
        provider: { urn: `${cluster}-${namespace ?? ""}`, props: { kubeconfig: cluster, namespace } },
    });
    const refusing = (resources: readonly EngineResource[]): readonly string[] =>
        RULES.flatMap((rule) =>
            isStackRule(rule)
                ? [...judgeWorlds(rule as unknown as StackRule, World.ofClusters(resources), {})]
                : findings(rule, resources),
        )
            .filter(({ unknown }) => unknown !== true)
            .map(({ wrong, subject }) => `${subject?.key ?? "this stack"}: ${wrong}`);
    const clusters = (second: readonly EngineResource[]): readonly EngineResource[] => [
        ...base().map((resource) => within(resource, "one")),
        ...second.map((resource) => within(resource, "two")),
    ];
    const byProvider = (namespace: string): readonly EngineResource[] =>
        base().map((resource) => {
            if (namespaceOf(resource) !== "shop") return within(resource, "one");
            const { metadata, ...rest } = resource.props as { metadata: object };
            return within(
                { ...resource, props: { ...rest, metadata: { ...metadata, namespace: undefined } } },
                "one",
                namespace,
            );
        });

    it("L10: two clusters in one program, each with the same objects", () => {
        assert.deepEqual(refusing(clusters(base())), []);
    });

    it("L10, but the second lacks what denies by default: refused", () => {
        const second = base().filter(
            (resource) => new Subject(resource).key !== "shop/AuthorizationPolicy/deny-all",
        );
        assert.ok(second.length < base().length);
        assert.match(refusing(clusters(second)).join("\n"), /Namespace\/shop: no AuthorizationPolicy/);
    });

    it("L11: a namespace by the provider's option, and none in metadata", () => {
        assert.deepEqual(refusing(byProvider("shop")), []);
    });

    it("L11, but the provider names another namespace: refused", () => {
        assert.match(refusing(byProvider("other")).join("\n"), /Namespace\/shop: no AuthorizationPolicy/);
    });
});

describe("what looks like a legitimate thing and opens the mesh", () => {
    for (const { like, what, policy, edit } of NEAR_MISSES) {
        it(`is refused: ${like}, but ${what}`, () => {
            const legitimate = CASES.find(({ id }) => id === like);
            assert.ok(legitimate !== undefined);
            const stack = stackOf({ ...legitimate, edit: [...(legitimate.edit ?? []), ...edit] });
            const refusing = refusals(stack, legitimate.config).map((refusal) => refusal.policy);
            assert.ok(refusing.includes(policy), `refused by ${refusing.join(", ") || "nothing"}`);
        });
    }
});
