import assert from "node:assert/strict";
import { message } from "../../policy/core/message";
import { AREAS, isStackRule } from "../../policy/core/rule";
import { RULES } from "../../policy/rules";
import { findings, fromYaml } from "./support/stacks";

/** Configuration that an example needs: some policies apply only to what a stack lists. */
const CONFIG: Readonly<Record<string, object>> = {
    "delivery-manual-approval": { critical: ["critical/payments"] },
    "access-callee-hosts": { gateways: ["cluster.local/ns/istio-ingress/sa/istio-ingressgateway"] },
    "closed-kinds": { baseline: "example" },
    "closed-objects": { baseline: "example" },
    "closed-releases": { baseline: "example" },
    "closed-references": { baseline: "example" },
    "closed-required": { baseline: "example" },
    "closed-settings": { baseline: "example" },
};

describe("the policies", () => {
    for (const rule of RULES) {
        const { name, examples, appliesTo } = rule;
        describe(name, () => {
            const config = CONFIG[name] ?? {};

            it("rejects its non-compliant example, with a message that names object, field and remedy", () => {
                const violations = findings(rule, fromYaml(examples.noncompliant), config);
                assert.ok(violations.length > 0, "no violation was reported");
                for (const finding of violations) {
                    const text = message(rule, finding);
                    assert.match(
                        text,
                        /^(this stack|\S+): .{20,}\.\n {2}Fix: .{7,}\n {2}Why: .{30,}\n {2}More: docs\/policies\//s,
                    );
                    assert.ok(!text.includes("undefined") && !text.includes("[object"), text);
                    assert.equal(finding.unknown, undefined);
                    assert.doesNotMatch(text, /the policy threw an error/);
                }
            });

            it("passes its compliant example", () => {
                assert.deepEqual(
                    findings(rule, fromYaml(examples.compliant), config).map(({ problem }) => problem),
                    [],
                );
            });

            it("reads kinds that its examples contain, and is prefixed with its area", () => {
                assert.ok(name.startsWith(`${rule.area}-`) && rule.area in AREAS);
                assert.ok(appliesTo.length > 0);
                assert.deepEqual(Object.keys(rule.schema).sort(), Object.keys(rule.defaults).sort());
            });

            it("evaluates resources without fields, or with nonsense in every field, without failing", () => {
                const nonsense = [undefined, null, 1, "x", [], [null, 1, "x"], {}];
                const shells = appliesTo.flatMap((id) =>
                    nonsense.map((value, index) => ({
                        urn: `urn:${id}:${index}`,
                        type: id.includes(":")
                            ? id
                            : `kubernetes:${id.replace("core/", "v1/").replace("/", "/v1:")}`,
                        name: "x",
                        props: {
                            apiVersion: `${id.split("/")[0] ?? ""}/v1`,
                            kind: id.split("/")[1],
                            metadata: value,
                            spec: value,
                            data: value,
                            values: value,
                            ingress: value,
                        },
                    })),
                );
                const broken = findings(rule, shells, config).filter(({ problem }) =>
                    problem.includes("the policy threw an error"),
                );
                assert.deepEqual(broken, []);
            });
        });
    }

    it("have different names", () => {
        assert.equal(new Set(RULES.map(({ name }) => name)).size, RULES.length);
        assert.ok(RULES.some(isStackRule));
    });
});
