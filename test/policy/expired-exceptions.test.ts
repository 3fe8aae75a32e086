/** A violation message names the expired exception that used to allow the object. */
import assert from "node:assert/strict";
import { providerRendered } from "../../cli/policy/provider-rendered";
import { RULES } from "../../policy/rules";
import { findings, fromYaml } from "./support/stacks";

const reason = "the team moves it until then";

describe("an expired exception", () => {
    const withExceptions = RULES.filter(({ defaults }) => "exceptions" in (defaults as object));

    for (const rule of withExceptions) {
        it(`${rule.name}: is named in the violation`, () => {
            const stack = fromYaml(rule.examples.noncompliant);
            const before = findings(rule, stack).filter(({ subject }) => subject !== undefined);
            for (const { subject } of before) {
                const namespace = subject!.id === "core/Namespace" ? subject!.name : subject!.namespace;
                const exceptions = [{ namespace, name: subject!.name, reason, until: "2020-02-29" }];
                const after = findings(rule, stack, { exceptions }).filter(
                    (one) => one.subject?.key === subject!.key,
                );
                assert.ok(after.length > 0);
                for (const { problem } of after) assert.match(problem, /its exception expired on 2020-02-29/);
            }
        });
    }

    it("is not named if another exception still applies or none matches", () => {
        const rule = RULES.find(({ name }) => name === "injection-no-opt-out")!;
        const stack = fromYaml(rule.examples.noncompliant);
        const elsewhere = [{ namespace: "other", reason, until: "2020-02-29" }];
        assert.ok(
            findings(rule, stack, { exceptions: elsewhere }).every(
                ({ problem }) => !problem.includes("expired"),
            ),
        );
        const holding = [
            { namespace: "shop", reason, until: "2020-02-29" },
            { namespace: "shop", reason, until: "2999-12-31" },
        ];
        assert.deepEqual(findings(rule, stack, { exceptions: holding }), []);
    });
});

describe("resources that a provider renders", () => {
    it("are reported as not evaluated without an engine", () => {
        const resource = { urn: "urn:x", name: "shop", properties: {} };
        const gaps = providerRendered([
            { ...resource, type: "kubernetes:yaml/v2:ConfigGroup" },
            { ...resource, type: "kubernetes:core/v1:Service" },
        ]);
        assert.deepEqual(
            gaps.map(({ level, urn }) => [level, urn]),
            [["advisory", "urn:x"]],
        );
        assert.match(gaps[0]?.message ?? "", /ConfigGroup shop: .+ not evaluated here/);
    });
});
