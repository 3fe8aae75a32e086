/** `mesh policy` evaluates what the engine would register: after resource transforms, with the objects of ConfigGroups. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type EvaluatedResource } from "../../cli/policy/protocol";
import { registrations } from "../../cli/policy/registrations";

interface Policy {
    readonly metadata?: { readonly name?: string };
    readonly spec?: { readonly mtls?: { readonly mode?: string } };
}

describe("resources that `mesh policy` evaluates", function () {
    this.timeout(300_000);
    let resources: readonly EvaluatedResource[];

    before(async () => {
        const program = join(__dirname, "other-teams", "transformed.ts");
        resources = await registrations({ stack: "shop", program, config: {} });
    });

    const modeOf = (name: string): string | undefined =>
        resources
            .map(({ properties }) => properties as Policy)
            .find(({ metadata, spec }) => metadata?.name === name && spec?.mtls !== undefined)?.spec?.mtls
            ?.mode;

    it("are unchanged without a transform", () => {
        assert.equal(modeOf("untouched"), "STRICT");
    });

    it("include a resource's transforms", () => {
        assert.equal(modeOf("by-itself"), "PERMISSIVE");
    });

    it("include the parent's transforms, also of outputs", () => {
        assert.equal(modeOf("by-its-parent"), "UNSET");
    });

    it("include the stack's transforms", () => {
        assert.equal(modeOf("by-the-stack"), "DISABLE");
    });

    it("include every object of a ConfigGroup's YAML, also in lists", () => {
        assert.ok(resources.some(({ type }) => type === "kubernetes:core/v1:Namespace"));
        assert.equal(modeOf("in-yaml"), "STRICT");
    });
});
