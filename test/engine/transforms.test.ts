/** The in-process engine calls transforms as Pulumi's engine does. */
import assert from "node:assert/strict";
import { programs } from "./support/programs";

describe("a program with transforms", function () {
    this.timeout(60_000);
    const run = programs();

    const tag = (name: string) => `
        (({ props, opts }) => ({ props: { ...props, data: { order: (props.data?.order ?? "") + "${name}" } }, opts }))`;

    it("applies the resource's, then each parent's, then the stack's, also asynchronous ones", async () => {
        const { registered } = await run(`
            pulumi.runtime.registerResourceTransform(async (args) => {
                await new Promise((done) => setTimeout(done, 20));
                return args.custom && args.type.endsWith("ConfigMap") ? ${tag("s")}(args) : undefined;
            });
            const outer = new Part("outer", { transforms: [(args) => args.custom ? ${tag("o")}(args) : undefined] });
            const inner = new Part("inner", { parent: outer, transforms: [async (args) => args.custom ? ${tag("i")}(args) : undefined] });
            map("deep", { parent: inner, transforms: [${tag("1")}, ${tag("2")}] }, {});
            map("top", {}, {});
        `);
        assert.deepEqual(
            registered.map(({ name, inputs }) => [name, (inputs["data"] as { order: string }).order]).sort(),
            [
                ["deep", "12ios"],
                ["top", "s"],
            ],
        );
    });

    it("does not confuse resources of the same type and name", async () => {
        const { registered } = await run(`
            class Other extends pulumi.ComponentResource {
                constructor(name: string, opts: pulumi.ComponentResourceOptions = {}) { super("test:x:Other", name, {}, opts); }
            }
            map("same", { parent: new Part("part", { protect: true, transforms: [(args) => args.custom ? ${tag("p")}(args) : undefined] }) }, {});
            map("same", { parent: new Other("other") }, {});
        `);
        assert.deepEqual(
            registered
                .map(({ urn, protect, inputs }) => [urn.includes("Part$"), protect, inputs["data"]])
                .sort(),
            [
                [false, false, {}],
                [true, true, { order: "p" }],
            ],
        );
    });

    it("takes protection, dependencies and imports from their options", async () => {
        const { registered } = await run(`
            const first = map("first");
            map("second", { transforms: [({ props, opts }) => ({ props, opts: { ...opts, protect: true, dependsOn: [first] } })] });
            map("third", { protect: true, transforms: [({ props, opts }) => ({ props, opts: { ...opts, protect: false } })] });
            map("fourth", { transforms: [({ props, opts }) => ({ props, opts: { ...opts, import: "sparc/fourth" } })] });
            map("fifth", { transforms: [({ props, opts }) => ({ props, opts: { ...opts, deletedWith: first } })] });
            map("sixth", { dependsOn: [first], transforms: [({ props }) => ({ props, opts: {} })] });
        `);
        const by = (name: string) => registered.find((one) => one.name === name);
        assert.deepEqual(
            ["first", "second", "third", "fourth"].map((name) => by(name)?.protect),
            [false, true, false, false],
        );
        assert.ok(by("second")?.dependencies.includes(by("first")?.urn ?? ""));
        assert.ok(by("fifth")?.dependencies.includes(by("first")?.urn ?? ""));
        // Deletions respect them even if a transform omits them: its result can still contain the resource's outputs.
        assert.ok(by("sixth")?.dependencies.includes(by("first")?.urn ?? ""));
        assert.equal(by("fourth")?.importId, "sparc/fourth");
    });

    it("fails if one throws, and registers the resources that do not depend on it, even through components", async () => {
        const registered: string[] = [];
        const running = run(
            `
            const broken = map("broken", { transforms: [() => { throw new Error("no such tier"); }] });
            map("below", { parent: new Part("part", { dependsOn: [broken] }) });
            map("after", { dependsOn: [map("other")] });
            setInterval(() => undefined, 1000);
        `,
            (name) => {
                registered.push(name);
                return false;
            },
        );
        await assert.rejects(running, {
            name: "ProgramError",
            message: 'kubernetes:core/v1:ConfigMap "broken": transform failed: Error: no such tier',
        });
        assert.deepEqual(registered, ["other", "after"]);
    });

    it("fails if it ends without registering a resource, also if transforms have been called", async () => {
        await assert.rejects(
            run(`
                pulumi.runtime.registerResourceTransform(async () => undefined);
                const first = map("first", { transforms: [async () => undefined] });
                map("stuck", { dependsOn: [first] }, { x: new Promise(() => undefined) });
            `),
            { message: /^it ended without registering kubernetes:core\/v1:ConfigMap stuck:/ },
        );
    });
});
