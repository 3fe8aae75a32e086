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

interface Loose extends Record<string, unknown> {
    readonly metadata?: { readonly name?: string; readonly namespace?: string };
    readonly spec?: { readonly mtls?: { readonly mode?: string } };
}

describe("transforms that `mesh policy` could miss", function () {
    this.timeout(300_000);
    let resources: readonly EvaluatedResource[];

    before(async () => {
        const program = join(__dirname, "other-teams", "adversarial-transforms.ts");
        resources = await registrations({ stack: "shop", program, config: {} });
    });

    const all = (name: string): readonly EvaluatedResource[] => resources.filter((one) => one.name === name);
    const only = (name: string): EvaluatedResource => {
        const [one, ...others] = all(name);
        assert.ok(one !== undefined && others.length === 0, name);
        return one;
    };
    const modeOf = ({ properties }: EvaluatedResource) => (properties as Loose).spec?.mtls?.mode;

    it("do not change an object in place", () => {
        assert.equal(modeOf(only("changed-in-place")), "PERMISSIVE");
    });

    it("apply below their component alone, to resources of one type and name", () => {
        const modes = all("twin").map((one) => [(one.properties as Loose).metadata?.name, modeOf(one)]);
        assert.deepEqual(modes.sort(), [
            ["first-twin", "PERMISSIVE"],
            ["second-twin", "STRICT"],
        ]);
        assert.equal(new Set(all("twin").map(({ urn }) => urn)).size, 2);
    });

    it("come from a stack transformation, from a parent's parent, and from code after the resource", () => {
        for (const name of ["by-transformation", "by-grandparent", "by-late-transform", "once-more"])
            assert.equal(modeOf(only(name)), "PERMISSIVE", name);
    });

    it("return another resource's secret output, later", () => {
        assert.equal(modeOf(only("by-output")), "PERMISSIVE");
    });

    it("change a resource's protection and provider", () => {
        assert.deepEqual(
            ["unprotected", "by-transformation", "without-options"].map((name) => only(name).protect),
            [false, false, false],
        );
        assert.equal(only("moved").provider?.properties["namespace"], "elsewhere");
        assert.equal(only("without-options").provider, undefined);
    });

    it("change the release of a component from a package", () => {
        const { properties } = only("cert-manager-helm");
        const { values } = properties as { values: Record<string, unknown> };
        assert.deepEqual([values["hostNetwork"], values["installCRDs"]], [true, true]);
    });

    it("make it fail if they fail, or if they transform invokes", async () => {
        for (const [program, message] of [
            ["throwing-transform.ts", /not like this/],
            ["invoke-transform.ts", /cannot transform invokes/],
        ] as const) {
            const running = registrations({
                stack: "shop",
                program: join(__dirname, "other-teams", program),
                config: {},
            });
            await assert.rejects(running, message);
        }
    });
});
