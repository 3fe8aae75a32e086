import assert from "node:assert/strict";
import { message } from "../../policy/core/message";
import { AREAS, isStackRule } from "../../policy/core/rule";
import { RULES } from "../../policy/rules";
import { findings, fromYaml } from "./support/stacks";

/** What an example needs to be about its policy: some hold for what a stack lists alone. */
const CONFIG: Readonly<Record<string, object>> = {
    "delivery-gates": { critical: ["critical/payments"] },
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
        const { name, examples, judges } = rule;
        describe(name, () => {
            const config = CONFIG[name] ?? {};

            it("refuses its example, by a message that names object, field and remedy", () => {
                const found = findings(rule, fromYaml(examples.refused), config);
                assert.ok(found.length > 0, "nothing was found");
                for (const finding of found) {
                    const text = message(rule, finding);
                    assert.match(
                        text,
                        /^(this stack|\S+): .{20,}\.\n {2}Fix: .{7,}\n {2}Why: .{30,}\n {2}More: docs\/policies\//s,
                    );
                    assert.ok(!text.includes("undefined") && !text.includes("[object"), text);
                    assert.equal(finding.unknown, undefined);
                    assert.doesNotMatch(text, /the policy itself failed/);
                }
            });

            it("lets its compliant example pass", () => {
                assert.deepEqual(
                    findings(rule, fromYaml(examples.accepted), config).map(({ wrong }) => wrong),
                    [],
                );
            });

            it("is about kinds that its examples have, and bears its area's name", () => {
                assert.ok(name.startsWith(`${rule.area}-`) && rule.area in AREAS);
                assert.ok(judges.length > 0);
                assert.deepEqual(Object.keys(rule.schema).sort(), Object.keys(rule.defaults).sort());
            });

            it("judges resources without any fields, and with nonsense in all of them, without failing", () => {
                const nonsense = [undefined, null, 1, "x", [], [null, 1, "x"], {}];
                const shells = judges.flatMap((id) =>
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
                const broken = findings(rule, shells, config).filter(({ wrong }) =>
                    wrong.includes("itself failed"),
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
