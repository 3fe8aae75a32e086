/** `mesh policy` judges what the engine would register: after resource transforms, and what ConfigGroups decode. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type JudgedResource } from "../../cli/policy/protocol";
import { registrations } from "../../cli/policy/registrations";

interface Policy {
    readonly metadata?: { readonly name?: string };
    readonly spec?: { readonly mtls?: { readonly mode?: string } };
}

describe("what `mesh policy` judges", function () {
    this.timeout(300_000);
    let resources: readonly JudgedResource[];

    before(async () => {
        const program = join(__dirname, "strangers", "transformed.ts");
        resources = await registrations({ stack: "shop", program, config: {} });
    });

    const modeOf = (name: string): string | undefined =>
        resources
            .map(({ properties }) => properties as Policy)
            .find(({ metadata, spec }) => metadata?.name === name && spec?.mtls !== undefined)?.spec?.mtls
            ?.mode;

    it("is what no transform is for, as it is written", () => {
        assert.equal(modeOf("untouched"), "STRICT");
    });

    it("is what a resource's own transforms make of it", () => {
        assert.equal(modeOf("by-itself"), "PERMISSIVE");
    });

    it("is what its parent's transforms make of that, outputs included", () => {
        assert.equal(modeOf("by-its-parent"), "UNSET");
    });

    it("is what the stack's transforms make of it", () => {
        assert.equal(modeOf("by-the-stack"), "DISABLE");
    });

    it("is every object of a ConfigGroup's YAML, lists included", () => {
        assert.ok(resources.some(({ type }) => type === "kubernetes:core/v1:Namespace"));
        assert.equal(modeOf("in-yaml"), "STRICT");
    });
});
