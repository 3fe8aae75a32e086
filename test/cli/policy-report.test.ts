import assert from "node:assert/strict";
import { countByPolicy, describeDiagnostics } from "../../cli/policy/report";
import type { Diagnostic } from "../../cli/policy/protocol";
import { message } from "../../policy/core/message";
import type { PolicyDefinition } from "../../policy/core/rule";
import { Subject } from "../../policy/core/subject";

/** A subject that messages call `key`. */
function subjectOf(key: string): Subject {
    return Object.create(Subject.prototype, { key: { value: key } }) as Subject;
}

/** A diagnostic with the pack's message. */
function diagnostic(
    policy: string,
    object: string,
    changes: { readonly problem?: string; readonly fix?: string; readonly level?: Diagnostic["level"] } = {},
): Diagnostic {
    const rule = { name: policy, why: "plain text serves anyone" } as PolicyDefinition;
    const { problem = "its mode is PERMISSIVE", fix = "set it to STRICT.", level = "mandatory" } = changes;
    return {
        policy,
        level,
        message: message(rule, { subject: subjectOf(object), problem, fix }),
    };
}

describe("the report of mesh policy", () => {
    it("prints a finding with its fix, reason and page", () => {
        assert.equal(
            describeDiagnostics([diagnostic("identity-no-plaintext", "shop/PeerAuthentication/default")]),
            `[mandatory] identity-no-plaintext
  shop/PeerAuthentication/default: its mode is PERMISSIVE.
    Fix: set it to STRICT.
  Why: plain text serves anyone
  More: docs/policies/identity-no-plaintext.md

`,
        );
    });

    it("prints what several resources share once: the policy's reason and page, and a fix", () => {
        const other = { problem: "its mode is DISABLE", fix: "delete it." };
        assert.equal(
            describeDiagnostics([
                diagnostic("identity-no-plaintext", "a"),
                diagnostic("network-deny-all", "n"),
                diagnostic("identity-no-plaintext", "b", other),
                diagnostic("identity-no-plaintext", "c"),
            ]),
            `[mandatory] identity-no-plaintext (3)
  a: its mode is PERMISSIVE.
  c: its mode is PERMISSIVE.
    Fix: set it to STRICT.
  b: its mode is DISABLE.
    Fix: delete it.
  Why: plain text serves anyone
  More: docs/policies/identity-no-plaintext.md

[mandatory] network-deny-all
  n: its mode is PERMISSIVE.
    Fix: set it to STRICT.
  Why: plain text serves anyone
  More: docs/policies/network-deny-all.md

`,
        );
    });

    it("prints violations before advisories, of the same policy too", () => {
        const text = describeDiagnostics([
            diagnostic("a", "x", { level: "advisory" }),
            diagnostic("b", "y"),
            diagnostic("a", "z"),
        ]);
        assert.deepEqual(text.match(/^\[.*$/gm), ["[mandatory] b", "[mandatory] a", "[advisory] a"]);
    });

    it("prints other messages whole", () => {
        const text = "release x: helm cannot template it.\nError: nil\n  Fix: correct the values.";
        assert.equal(
            describeDiagnostics([{ policy: "mesh policy", level: "mandatory", message: text }]),
            "[mandatory] mesh policy\n  release x: helm cannot template it.\n  Error: nil\n    Fix: correct the values.\n\n",
        );
    });

    it("counts violations by policy, the most frequent first", () => {
        const of = (...policies: string[]) =>
            countByPolicy(policies.map((policy) => diagnostic(policy, "x")));
        assert.equal(of(), "0 violations");
        assert.equal(of("a", "a"), "2 violations");
        assert.equal(of("a", "b", "b"), "3 violations of 2 policies (b 2, a 1)");
    });
});
