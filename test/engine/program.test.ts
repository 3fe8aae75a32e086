import assert from "node:assert/strict";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { startProgram } from "../../local/engine/program/host";
import type { Planned, Registration } from "../../local/engine/program/protocol";

const HEAD = `
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
const map = (name: string, opts: pulumi.CustomResourceOptions = {}, data: object = {}) =>
    new k8s.core.v1.ConfigMap(name, { metadata: { name, namespace: "sparc" }, data: data as never }, opts);
class Part extends pulumi.ComponentResource {
    constructor(name: string, opts: pulumi.ComponentResourceOptions = {}) { super("test:x:Part", name, {}, opts); }
}
`;

interface Ran {
    readonly planned: readonly Planned[];
    readonly registered: readonly Registration[];
}

describe("a program in a separate process", function () {
    this.timeout(60_000);
    let folder: string;

    before(async () => {
        folder = await mkdtemp(join(tmpdir(), "sparc-mesh-program-"));
        await symlink(resolve(__dirname, "../../node_modules"), join(folder, "node_modules"));
    });
    after(() => rm(folder, { recursive: true }));

    async function run(source: string, rejects: (name: string) => boolean = () => false): Promise<Ran> {
        const file = join(folder, "index.ts");
        await writeFile(file, HEAD + source);
        const program = startProgram({
            program: file,
            project: "p",
            stack: "s",
            config: { "p:domain": "sparc.local" },
        });
        try {
            const registered: Registration[] = [];
            const planned = await program.load();
            await program.run((resource) => {
                if (!resource.custom || resource.type.startsWith("pulumi:")) return Promise.resolve({});
                registered.push(resource);
                const rejected = rejects(resource.name);
                return rejected
                    ? Promise.reject(new Error("no"))
                    : Promise.resolve({ data: { seen: "server" } });
            });
            return { planned, registered };
        } finally {
            program.stop();
        }
    }

    it("registers in the order of its dependencies, with configuration, protection and the server's outputs", async () => {
        const { planned, registered } = await run(`
            const config = pulumi.runtime.allConfig()["p:domain"];
            const part = new Part("part", { protect: true });
            const first = map("first", { parent: part }, { domain: config, password: pulumi.secret("s3cret") });
            const second = map("second", { dependsOn: [part] }, first.data);
            map("third", { protect: false, dependsOn: [second] });
        `);
        assert.deepEqual(
            registered.map(({ name, protect }) => [name, protect]),
            [
                ["first", true],
                ["second", false],
                ["third", false],
            ],
        );
        assert.deepEqual(registered[0]?.inputs["data"], { domain: "sparc.local", password: "s3cret" });
        assert.deepEqual(registered[1]?.inputs["data"], { seen: "server" });
        assert.deepEqual(
            planned.flatMap(({ kind, name, protect }) => (kind === undefined ? [] : [[kind, name, protect]])),
            [
                ["ConfigMap", "first", true],
                ["ConfigMap", "second", false],
                ["ConfigMap", "third", false],
            ],
        );
    });

    it("registers nothing if it throws while it loads, and reports the error", async () => {
        await assert.rejects(run('map("first"); throw new Error("catalogue: 2 mistakes");'), {
            name: "ProgramError",
            message: /^Error: catalogue: 2 mistakes\n.*index\.ts/,
        });
    });

    it("continues without the dependents of a rejected resource, even through components", async () => {
        const { registered } = await run(
            `
            const broken = map("broken");
            const part = new Part("part", { dependsOn: [broken] });
            map("below", { parent: part });
            map("after", { dependsOn: [part] });
            map("independent");
        `,
            (name) => name === "broken",
        );
        assert.deepEqual(
            registered.map(({ name }) => name),
            ["broken", "independent"],
        );
    });

    it("fails if it throws after it has loaded, or invokes a provider", async () => {
        await assert.rejects(run('map("a").metadata.apply(() => { throw new Error("later"); });'), {
            message: /later/,
        });
        await assert.rejects(
            run('map("a", {}, { x: pulumi.output(pulumi.runtime.invoke("aws:x:y", {})).apply(String) });'),
            {
                message: /the in-process engine cannot call aws:x:y; deploy with the Pulumi CLI/,
            },
        );
    });

    it("fails if two of its resources have one URN", async () => {
        await assert.rejects(run('map("a"); map("a");'), {
            message: /two resources have the URN .*ConfigMap::a; rename one of them/,
        });
    });

    it("fails if its process exits", async () => {
        await assert.rejects(run('console.error("out of luck"); process.exit(7);'), {
            name: "ProgramError",
            message: /its process exited with 7\nout of luck/,
        });
    });

    it("passes on URNs and dependencies as Pulumi's engine records them", async () => {
        const { registered } = await run(`
            const provider = new k8s.Provider("cluster", {});
            const outer = new Part("outer", { providers: [provider] });
            class Inner extends pulumi.ComponentResource {
                constructor(name: string, opts: pulumi.ComponentResourceOptions) { super("test:x:Inner", name, {}, opts); }
            }
            const inner = new Inner("inner", { parent: outer });
            const first = map("first", { parent: inner });
            const second = map("second", { dependsOn: [outer], provider });
            map("third", { provider, deletedWith: second }, { from: first.metadata.name });
        `);
        const prefix = "urn:pulumi:s::p::";
        const type = "kubernetes:core/v1:ConfigMap";
        const at = (index: number) => registered[index];
        const path = `test:x:Part$test:x:Inner$${type}`;
        assert.deepEqual(
            registered.map(({ urn }) => urn),
            [`${prefix}${path}::first`, `${prefix}${type}::second`, `${prefix}${type}::third`],
        );
        const [first, second, third] = registered.map(({ dependencies }) => new Set(dependencies));
        const provider = `${prefix}pulumi:providers:kubernetes::cluster`;
        assert.ok(first?.has(`${prefix}test:x:Part$test:x:Inner::inner`));
        assert.ok(first?.has(provider));
        assert.ok(second?.has(at(0)?.urn ?? "") && second.has(provider));
        assert.ok(third?.has(at(0)?.urn ?? "") && third.has(at(1)?.urn ?? ""));
        assert.deepEqual(at(2)?.sources?.["data"], [at(0)?.urn]);
    });

    it("registers what an exported asynchronous function declares, and fails if it throws midway", async () => {
        const { registered } = await run(
            'export = async () => { await new Promise((done) => setTimeout(done, 50)); map("late"); };',
        );
        assert.deepEqual(
            registered.map(({ name }) => name),
            ["late"],
        );
        await assert.rejects(
            run(
                'export = async () => { map("first"); await Promise.resolve(); throw new Error("midway"); };',
            ),
            { name: "ProgramError", message: /midway/ },
        );
    });

    it("fails if it ends without registering a resource, and names it", async () => {
        await assert.rejects(
            run(`
                map("a");
                map("stuck", {}, { x: new Promise(() => undefined) });
                map("behind", { dependsOn: [map("blocked", {}, { x: new Promise(() => undefined) })] });
            `),
            {
                name: "ProgramError",
                message:
                    "it ended without registering kubernetes:core/v1:ConfigMap stuck, kubernetes:core/v1:ConfigMap blocked, " +
                    "kubernetes:core/v1:ConfigMap behind: an input or a dependency never resolves",
            },
        );
    });

    it("fails if it logs an error, as with the Pulumi CLI", async () => {
        await assert.rejects(run('map("a"); pulumi.log.error("no capacity");'), {
            name: "ProgramError",
            message: /it logged an error \(pulumi\.log\.error\)\n(.*\n)*.*no capacity/,
        });
    });

    describe("with transforms", () => {
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
                registered
                    .map(({ name, inputs }) => [name, (inputs["data"] as { order: string }).order])
                    .sort(),
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
                map("fifth", { dependsOn: [first], transforms: [({ props }) => ({ props, opts: {} })] });
            `);
            const by = (name: string) => registered.find((one) => one.name === name);
            assert.deepEqual(
                ["first", "second", "third", "fourth"].map((name) => by(name)?.protect),
                [false, true, false, false],
            );
            assert.ok(by("second")?.dependencies.includes(by("first")?.urn ?? ""));
            // Deletions respect them even if a transform omits them: its result can still contain the resource's outputs.
            assert.ok(by("fifth")?.dependencies.includes(by("first")?.urn ?? ""));
            assert.equal(by("fourth")?.importId, "sparc/fourth");
        });

        it("fails if one throws, and registers the resources that do not depend on it", async () => {
            const registered: string[] = [];
            const running = run(
                `
                const broken = map("broken", { transforms: [() => { throw new Error("no such tier"); }] });
                map("dependent", { dependsOn: [broken] });
                map("after", { dependsOn: [map("other")] });
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
});
