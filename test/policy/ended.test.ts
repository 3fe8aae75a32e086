/** Who is refused because an exception has ended reads that it has. */
import assert from "node:assert/strict";
import { unseen } from "../../cli/policy/unseen";
import { RULES } from "../../policy/rules";
import { findings, fromYaml } from "./support/stacks";

const reason = "the team moves it until then";

describe("an exception that has ended", () => {
    const withExceptions = RULES.filter(({ defaults }) => "exceptions" in (defaults as object));

    for (const rule of withExceptions) {
        it(`${rule.name}: is named in the refusal`, () => {
            const stack = fromYaml(rule.examples.refused);
            const before = findings(rule, stack).filter(({ subject }) => subject !== undefined);
            for (const { subject } of before) {
                const namespace = subject!.id === "core/Namespace" ? subject!.name : subject!.namespace;
                const exceptions = [{ namespace, name: subject!.name, reason, until: "2020-02-29" }];
                const after = findings(rule, stack, { exceptions }).filter(
                    (one) => one.subject?.key === subject!.key,
                );
                assert.ok(after.length > 0);
                for (const { wrong } of after) assert.match(wrong, /an exception for it ended on 2020-02-29/);
            }
        });
    }

    it("is not, where another still holds or none fits", () => {
        const rule = RULES.find(({ name }) => name === "injection-no-opt-out")!;
        const stack = fromYaml(rule.examples.refused);
        const elsewhere = [{ namespace: "other", reason, until: "2020-02-29" }];
        assert.ok(
            findings(rule, stack, { exceptions: elsewhere }).every(({ wrong }) => !wrong.includes("ended")),
        );
        const holding = [
            { namespace: "shop", reason, until: "2020-02-29" },
            { namespace: "shop", reason, until: "2999-12-31" },
        ];
        assert.deepEqual(findings(rule, stack, { exceptions: holding }), []);
    });
});

describe("what a provider makes", () => {
    it("is said not to be judged without an engine", () => {
        const resource = { urn: "urn:x", name: "shop", properties: {} };
        const found = unseen([
            { ...resource, type: "kubernetes:yaml/v2:ConfigGroup" },
            { ...resource, type: "kubernetes:core/v1:Service" },
        ]);
        assert.deepEqual(
            found.map(({ level, urn }) => [level, urn]),
            [["advisory", "urn:x"]],
        );
        assert.match(found[0]?.message ?? "", /ConfigGroup shop: .+ not judged here/);
    });
});
