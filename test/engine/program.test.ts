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
});
