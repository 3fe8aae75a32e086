/**
 * Openings that passed the pack before it read configuration as Istio does: the named policy rejects each with the profile open,
 * or the profile closed does, which passes only what is listed.
 */
import assert from "node:assert/strict";
import { outcomeOf } from "../mutations/score";
import { UnknownField } from "../../../policy/core/read";
import { type StackRule } from "../../../policy/core/rule";
import { evaluateClusters } from "../../../policy/core/sdk";
import { type EngineResource, Subject } from "../../../policy/core/subject";
import { StackResources } from "../../../policy/core/stack-resources";
import { RULES } from "../../../policy/rules";
import { registered } from "../support/registered";
import { findings, fromYaml, openConfig, packConfig } from "../support/stacks";
import { istiod, type Stack } from "./edits";
import { CLOSED_HOLES } from "./closed-holes";
import { CONTROL_PLANE_HOLES } from "./control-plane-holes";
import { INSTALLER_HOLES } from "./installer-holes";
import { LISTED_OBJECTS } from "./listed-objects";
import { SPELLING_HOLES } from "./spelling-holes";

const MESHED = `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: deny-all, namespace: shop }
spec: {}
`;

describe("openings that used to pass", function () {
    this.timeout(240_000);
    let prod: Stack;

    before(async () => {
        prod = await registered("prod");
    });

    for (const [name, [policy, make]] of Object.entries({
        ...CONTROL_PLANE_HOLES,
        ...INSTALLER_HOLES,
        ...SPELLING_HOLES,
    })) {
        it(`${name}: rejected by ${policy} with the profile open`, () => {
            const { policies, messages } = outcomeOf(make(prod), prod, openConfig("prod"));
            assert.ok(
                policies.includes(policy),
                `refused by ${policies.join(", ") || "none"}: ${messages.join("\n")}`,
            );
        });
    }

    for (const [name, make] of Object.entries(CLOSED_HOLES)) {
        it(`${name}: rejected with the profile closed`, () => {
            const { policies } = outcomeOf(make(prod), prod, packConfig("prod"));
            assert.ok(
                policies.some((policy) => policy.startsWith("closed-")),
                `refused by ${policies.join(", ") || "none"}`,
            );
        });
    }

    for (const [name, make] of Object.entries(LISTED_OBJECTS)) {
        it(`${name}: rejected by closed-objects`, () => {
            const { policies } = outcomeOf(make(prod), prod, packConfig("prod"));
            assert.ok(policies.includes("closed-objects"), `refused by ${policies.join(", ") || "none"}`);
        });
    }

    it("K14: an unknown namespace does not turn a certain violation into advice", () => {
        const principals = ["*"];
        const metadata = {
            name: "u",
            get namespace(): string {
                throw new UnknownField("metadata.namespace", "urn");
            },
        };
        const props = { metadata, spec: { rules: [{ from: [{ source: { principals } }] }] } };
        const type = "kubernetes:security.istio.io/v1:AuthorizationPolicy";
        const rule = RULES.find(({ name }) => name === "access-allow-identity")!;
        const config = openConfig("prod")["access-allow-identity"] as object | undefined;
        const violations = findings(rule, [{ urn: "urn", type, name: "u", props }], config);
        assert.ok(
            violations.some(({ problem, unknown }) => unknown === undefined && problem.includes('"*"')),
        );
    });

    it("K11: objects of a second cluster do not satisfy the first one's rules", () => {
        const provider = (name: string) => ({ urn: name, props: { kubeconfig: name } });
        const one = fromYaml(MESHED).map((resource) => ({ ...resource, provider: provider("one") }));
        const [namespace] = fromYaml(MESHED).map((resource) => ({
            ...resource,
            urn: `${resource.urn}-2`,
            provider: provider("two"),
        }));
        const rule = RULES.find(({ name }) => name === "access-deny-all") as unknown as StackRule;
        const violationCount = (resources: readonly EngineResource[]): number =>
            [...evaluateClusters(rule, StackResources.ofClusters(resources), {})].length;
        assert.equal(violationCount(one), 0);
        assert.equal(violationCount([...one, namespace!]), 1);
        // One cluster, by two providers that differ only in a default.
        const same = { urn: "other", props: { kubeconfig: "one", namespace: "shop" } };
        assert.equal(violationCount([...one, { ...namespace!, provider: same }]), 0);
    });

    it("L11: an object without a namespace is in its provider's namespace", () => {
        const provider = { urn: "p", props: { namespace: "shop" } };
        const [subject] = fromYaml("{ apiVersion: v1, kind: Service, metadata: { name: web } }").map(
            (resource) => new Subject({ ...resource, provider }),
        );
        assert.equal(subject?.namespace, "shop");
    });

    it("rejects an unknown MeshConfig key if only known keys are allowed", () => {
        const config = { "identity-control-plane": { knownKeysOnly: true } };
        const { messages } = outcomeOf(
            istiod(prod, { "values.meshConfig.enableAutoMTLS": false }),
            prod,
            config,
        );
        assert.ok(messages.some((text) => text.includes("enableAutoMTLS is not a field of MeshConfig")));
    });
});
