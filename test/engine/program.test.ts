import assert from "node:assert/strict";
import { programs } from "./support/programs";

describe("a program in a separate process", function () {
    this.timeout(60_000);
    const run = programs();

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
});
