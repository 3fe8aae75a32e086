/** Runs the whole program as an engine would, without one, and records all that it registers. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { parse } from "yaml";

const ROOT = join(__dirname, "..", "..");

/** A resource as the program registered it. */
export interface Registered {
    readonly type: string;
    readonly name: string;
    readonly inputs: Record<string, unknown>;
    readonly parent: string | undefined;
    /** Names of what its options say must be there first; a component stands for all its children. */
    readonly dependsOn: readonly string[];
    readonly protect: boolean;
}

/** What `index.ts` registers for `stack` under Pulumi's mocks. An invoke that is not expected throws. */
export async function runProgram(stack: string): Promise<Registered[]> {
    const inputs = new Map<string, Record<string, unknown>>();
    const options = new Map<string, pulumi.ResourceTransformationArgs>();
    await pulumi.runtime.setMocks(
        {
            newResource: (args) => {
                inputs.set(`${args.type}::${args.name}`, args.inputs as Record<string, unknown>);
                return { id: `${args.name}-id`, state: args.inputs as Record<string, unknown> };
            },
            call: (args) => {
                throw new Error(`the program calls ${args.token}, which no test expects`);
            },
        },
        "sparc-mesh",
        stack,
    );
    pulumi.runtime.setAllConfig(engineConfig(stack));
    await pulumi.runtime.runInPulumiStack(() => {
        pulumi.runtime.registerStackTransformation((args) => {
            options.set(`${args.type}::${args.name}`, args);
            return undefined;
        });
        loadProgram();
        return Promise.resolve();
    });
    await pulumi.runtime.disconnect();
    return [...options].map(([key, args]) => registered(args, inputs.get(key) ?? {}));
}

function registered(
    { type, name, opts }: pulumi.ResourceTransformationArgs,
    inputs: Record<string, unknown>,
): Registered {
    const dependsOn = [opts.dependsOn ?? []].flat() as pulumi.Resource[];
    return {
        type,
        name,
        inputs,
        parent: opts.parent === undefined ? undefined : nameOf(opts.parent),
        dependsOn: dependsOn.map(nameOf),
        protect: opts.protect ?? false,
    };
}

function nameOf(resource: pulumi.Resource): string {
    return (resource as unknown as { __name: string }).__name;
}

/** The stack's configuration as the engine hands it to a program: text, and JSON for what is not. */
function engineConfig(stack: string): Record<string, string> {
    const { config } = parse(readFileSync(join(ROOT, `Pulumi.${stack}.yaml`), "utf8")) as {
        config: Record<string, unknown>;
    };
    return Object.fromEntries(
        Object.entries(config).map(([key, value]) => [
            key,
            typeof value === "string" ? value : JSON.stringify(value),
        ]),
    );
}

/** The program registers its resources when it is loaded, so that each run must load it afresh. */
function loadProgram(): void {
    const load = createRequire(__filename);
    const file = join(ROOT, "index.ts");
    Reflect.deleteProperty(load.cache, file);
    load(file);
}
