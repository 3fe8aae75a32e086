/** Runs the whole program under Pulumi's mocks and records all resources that it registers. */
import { createRequire } from "node:module";
import { join } from "node:path";
import * as pulumi from "@pulumi/pulumi";
import { PROJECT, readStackFile } from "../../config/load";
import { engineConfig } from "../../local/engine/program/protocol";
import { skipUnusedWork } from "../../local/engine/program/skip-unused";
import { awsCall, awsState } from "./aws";

const ROOT = join(__dirname, "..", "..");

/** A resource as the program registered it. */
export interface Registered {
    readonly type: string;
    readonly name: string;
    readonly inputs: Record<string, unknown>;
    readonly parent: string | undefined;
    /** Names of the resources in the `dependsOn` option; a component stands for all its children. */
    readonly dependsOn: readonly string[];
    readonly protect: boolean;
    readonly ignoreChanges: readonly string[];
    /** Names that it had in earlier versions of the program. */
    readonly aliases: readonly string[];
}

/**
 * The resources that `index.ts` registers for `stack` under Pulumi's mocks. An unexpected invoke throws.
 *
 * @param settings overrides keys of the stack's configuration file
 * @param outputs receives the program's exports
 */
export async function runProgram(
    stack: string,
    settings: Readonly<Record<string, unknown>> = {},
    outputs: Record<string, unknown> = {},
): Promise<readonly Registered[]> {
    const isUnmodified = Object.keys(settings).length === 0;
    const run = (isUnmodified ? runs.get(stack) : undefined) ?? (await runUncached(stack, settings));
    if (isUnmodified) runs.set(stack, run);
    Object.assign(outputs, run.outputs);
    return run.resources;
}

interface Run {
    readonly resources: readonly Registered[];
    readonly outputs: Readonly<Record<string, unknown>>;
}

/** Runs of unmodified stacks, shared by all tests of a process: a run takes seconds, and no test changes it. */
const runs = new Map<string, Run>();

async function runUncached(stack: string, settings: Readonly<Record<string, unknown>>): Promise<Run> {
    skipUnusedWork();
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
                throw new Error(`unexpected invoke of ${args.token}`);
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
    const resources = [...options].map(([key, args]) => toRegistered(args, inputs.get(key) ?? {}));
    return { resources, outputs };
}

function toRegistered(
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

/** The program registers its resources when it is loaded, so each run must load it again. */
function loadProgram(): Record<string, unknown> {
    const load = createRequire(__filename);
    const file = join(ROOT, "index.ts");
    Reflect.deleteProperty(load.cache, file);
    return load(file) as Record<string, unknown>;
}
