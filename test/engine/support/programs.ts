/** Runs programs in a separate process, against a server that stores whatever they register. */
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { startProgram } from "../../../local/engine/program/host";
import type { Planned, Registration } from "../../../local/engine/program/protocol";

/** What every program starts with: `map` creates a ConfigMap, and `Part` is a component. */
const HEAD = `
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
const map = (name: string, opts: pulumi.CustomResourceOptions = {}, data: object = {}) =>
    new k8s.core.v1.ConfigMap(name, { metadata: { name, namespace: "sparc" }, data: data as never }, opts);
class Part extends pulumi.ComponentResource {
    constructor(name: string, opts: pulumi.ComponentResourceOptions = {}) { super("test:x:Part", name, {}, opts); }
}
`;

/** What a program registered. */
export interface Ran {
    readonly planned: readonly Planned[];
    readonly registered: readonly Registration[];
}

/** Runs a program. @param rejects whether the server rejects a resource @throws ProgramError */
export type Run = (source: string, rejects?: (name: string) => boolean) => Promise<Ran>;

/** Call it in a suite: the programs' folder exists as long as the suite runs. */
export function programs(): Run {
    let folder: string;
    before(async () => {
        folder = await mkdtemp(join(tmpdir(), "sparc-mesh-program-"));
        await symlink(resolve(__dirname, "../../../node_modules"), join(folder, "node_modules"));
    });
    after(() => rm(folder, { recursive: true }));
    return (source, rejects = () => false) => runIn(folder, source, rejects);
}

async function runIn(folder: string, source: string, rejects: (name: string) => boolean): Promise<Ran> {
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
            return rejected ? Promise.reject(new Error("no")) : Promise.resolve({ data: { seen: "server" } });
        });
        return { planned, registered };
    } finally {
        program.stop();
    }
}
