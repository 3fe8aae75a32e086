/** Runs the whole program as an engine would, without one, and records all that it registers. */
import { createRequire } from "node:module";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { PROJECT, readStackFile } from "../../config/load";
import { engineConfig } from "../../local/engine/program/protocol";
import { spareUnread } from "../../local/engine/program/unread";
import { awsCall, awsState } from "./aws";

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
    readonly ignoreChanges: readonly string[];
    /** Names that it had in programs before. */
    readonly aliases: readonly string[];
}

/**
 * What `index.ts` registers for `stack` under Pulumi's mocks. An invoke that is not expected throws.
 *
 * @param settings keys of the stack's configuration that are others than in its file
 * @param outputs is filled with what the program exports
 */
export async function runProgram(
    stack: string,
    settings: Readonly<Record<string, unknown>> = {},
    outputs: Record<string, unknown> = {},
): Promise<readonly Registered[]> {
    const isStackAsItIs = Object.keys(settings).length === 0;
    const run = (isStackAsItIs ? runs.get(stack) : undefined) ?? (await runAfresh(stack, settings));
    if (isStackAsItIs) runs.set(stack, run);
    Object.assign(outputs, run.outputs);
    return run.resources;
}

interface Run {
    readonly resources: readonly Registered[];
    readonly outputs: Readonly<Record<string, unknown>>;
}

/** Of the stacks as their files have them, for all tests of a process: a run takes seconds, and no test changes it. */
const runs = new Map<string, Run>();

async function runAfresh(stack: string, settings: Readonly<Record<string, unknown>>): Promise<Run> {
    spareUnread();
    const outputs: Record<string, unknown> = {};
    const inputs = new Map<string, Record<string, unknown>>();
    const options = new Map<string, pulumi.ResourceTransformationArgs>();
    await pulumi.runtime.setMocks(
        {
            newResource: (args) => {
                inputs.set(`${args.type}::${args.name}`, args.inputs as Record<string, unknown>);
                const more = args.type.startsWith("aws:") ? awsState(args) : {};
                return { id: `${args.name}-id`, state: { ...(args.inputs as object), ...more } };
            },
            call: (args) => {
                const answer = awsCall(args);
                if (answer !== undefined) return answer;
                throw new Error(`the program calls ${args.token}, which no test expects`);
            },
        },
        PROJECT,
        stack,
    );
    pulumi.runtime.setAllConfig(engineConfig(PROJECT, { ...readStackFile(stack, ROOT), ...settings }));
    await pulumi.runtime.runInPulumiStack(() => {
        pulumi.runtime.registerStackTransformation((args) => {
            options.set(`${args.type}::${args.name}`, args);
            return undefined;
        });
        Object.assign(outputs, loadProgram());
        return Promise.resolve();
    });
    await pulumi.runtime.disconnect();
    const resources = [...options].map(([key, args]) => registered(args, inputs.get(key) ?? {}));
    return { resources, outputs };
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
        ignoreChanges: (opts as pulumi.CustomResourceOptions).ignoreChanges ?? [],
        aliases: ((opts.aliases ?? []) as { name?: string }[]).flatMap((alias) => alias.name ?? []),
    };
}

function nameOf(resource: pulumi.Resource): string {
    return (resource as unknown as { __name: string }).__name;
}

/** The program registers its resources when it is loaded, so that each run must load it afresh. */
function loadProgram(): Record<string, unknown> {
    const load = createRequire(__filename);
    const file = join(ROOT, "index.ts");
    Reflect.deleteProperty(load.cache, file);
    return load(file) as Record<string, unknown>;
}
