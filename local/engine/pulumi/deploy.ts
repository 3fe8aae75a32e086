/** The engine that is the Pulumi CLI, through its automation API. */
import { type Stack } from "@pulumi/pulumi/automation";
import { type UsableCli } from "../choice";
import { type Counts } from "../converge";
import { Helm } from "../helm/helm";
import { type KubeClient } from "../kube/client";
import { messageOf } from "../remedy";
import { refuseDeletion } from "../prune";
import { DeployError, type DeployOptions, type Target } from "../types";
import { Events, nameOf } from "./events";
import { pendingOperations, pendingReleases, protectedResources, withPendingCreates } from "./pending";
import { StackState } from "./state";
import { cliRoot, environment, isLocked, prepare, type Workspace, workspaceOf } from "./workspace";

/** @throws DeployError with what Pulumi reports as errors. */
export async function deployWithPulumi(
    options: DeployOptions,
    client: KubeClient,
    cli: UsableCli,
): Promise<{ readonly counts: Counts; readonly warnings: readonly string[] }> {
    const events = new Events(options.progress ?? (() => undefined));
    const workspace = workspaceOf(options, client.address);
    await reporting(events, async () => {
        await prepare(workspace, options);
        const stack = await open(workspace, cli);
        const state = new StackState(cli.program, workspace);
        await settle(stack, workspace, state, new Helm(client, helmOptions(options)));
        await stack.up({ onEvent: events.take, color: "never", suppressProgress: true });
    });
    return { counts: events.counts, warnings: [] };
}

/** @returns how many objects and releases were removed. @throws DeployError with what Pulumi reports as errors. */
export async function destroyWithPulumi(target: Target, client: KubeClient, cli: UsableCli): Promise<number> {
    const events = new Events(target.progress ?? (() => undefined));
    const workspace = workspaceOf(target, client.address);
    await reporting(events, async () => {
        const stack = await open(workspace, cli);
        const state = new StackState(cli.program, workspace);
        await settle(stack, workspace, state, new Helm(client, helmOptions(target)));
        // Pulumi itself refuses what is protected only when it comes to it, with nearly all the rest deleted by then.
        refuseDeletion(protectedResources((await state.export()).deployment).map(nameOf), "this");
        await stack.destroy({ onEvent: events.take, color: "never", suppressProgress: true });
        await stack.workspace.removeStack(workspace.stack);
    });
    return events.counts.pruned;
}

async function open(workspace: Workspace, cli: UsableCli): Promise<Stack> {
    // Takes most of a second to load, so only where it is used.
    const { LocalWorkspace, PulumiCommand } = await import("@pulumi/pulumi/automation/index.js");
    return LocalWorkspace.createOrSelectStack(
        { stackName: workspace.stack, workDir: workspace.folder },
        {
            envVars: await environment(workspace),
            secretsProvider: "passphrase",
            pulumiCommand: await PulumiCommand.get({ root: await cliRoot(workspace, cli.program) }),
        },
    );
}

/** Makes the state of an update that was killed one from which the next can go on. */
async function settle(stack: Stack, workspace: Workspace, state: StackState, helm: Helm): Promise<void> {
    if (await isLocked(workspace)) await stack.cancel();
    const found = await state.export();
    const pending = pendingOperations(found.deployment);
    if (pending.length === 0) return;
    for (const { namespace = "default", name } of pendingReleases(pending))
        await helm.mend({ namespace, name });
    await state.import({ ...found, deployment: withPendingCreates(found.deployment) });
    await stack.refresh({ color: "never", suppressProgress: true });
}

function helmOptions({ tools, kubeconfig, context }: Target): ConstructorParameters<typeof Helm>[1] {
    return { program: tools.helm, kubeconfig, ...(context === undefined ? {} : { context }) };
}

async function reporting(events: Events, work: () => Promise<void>): Promise<void> {
    try {
        await work();
    } catch (error) {
        if (error instanceof DeployError) throw error;
        const failures =
            events.failures.length > 0
                ? events.failures
                : [
                      {
                          what: "pulumi",
                          message: messageOf(error),
                          remedy: "correct what it names and run again",
                      },
                  ];
        throw new DeployError("Pulumi could not deploy", failures);
    }
}
