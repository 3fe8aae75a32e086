/** The Pulumi engine: runs the Pulumi CLI through its Automation API. */
import { type Stack } from "@pulumi/pulumi/automation";
import { type UsableCli } from "../choice";
import { type Counts } from "../converge";
import { Helm } from "../helm/helm";
import { type KubeClient } from "../kube/client";
import { messageOf } from "../remedy";
import { rejectDeletion } from "../prune";
import { DeployError, type DeployOptions, type StackTarget } from "../types";
import { kindAndName } from "../../../policy/core/urn";
import { Events } from "./events";
import { pendingOperations, pendingReleases, protectedResources, withPendingCreates } from "./pending";
import { StackState } from "./state";
import { cliRoot, environment, isLocked, prepare, type Workspace, workspaceOf } from "./workspace";

/** @throws DeployError with the errors that Pulumi reports. */
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
        await resolvePendingOperations(stack, workspace, state, new Helm(client, helmOptions(options)));
        await stack.up({ onEvent: events.take, color: "never", suppressProgress: true });
    });
    return { counts: events.counts, warnings: [] };
}

/** @returns the number of removed objects and releases. @throws DeployError with the errors that Pulumi reports. */
export async function destroyWithPulumi(
    target: StackTarget,
    client: KubeClient,
    cli: UsableCli,
): Promise<number> {
    const events = new Events(target.progress ?? (() => undefined));
    const workspace = workspaceOf(target, client.address);
    await reporting(events, async () => {
        const stack = await open(workspace, cli);
        const state = new StackState(cli.program, workspace);
        await resolvePendingOperations(stack, workspace, state, new Helm(client, helmOptions(target)));
        // Pulumi fails on a protected resource only when it reaches it, after having deleted almost everything else.
        rejectDeletion(
            protectedResources((await state.export()).deployment).map(kindAndName),
            "destroying the stack",
        );
        await stack.destroy({ onEvent: events.take, color: "never", suppressProgress: true });
        await stack.workspace.removeStack(workspace.stack);
    });
    return events.counts.pruned;
}

async function open(workspace: Workspace, cli: UsableCli): Promise<Stack> {
    // Loading it takes most of a second, so it is loaded on demand.
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

/** Resolves the pending operations of an update that was killed, so that the next update can continue. */
async function resolvePendingOperations(
    stack: Stack,
    workspace: Workspace,
    state: StackState,
    helm: Helm,
): Promise<void> {
    if (await isLocked(workspace)) await stack.cancel();
    const exported = await state.export();
    const pending = pendingOperations(exported.deployment);
    if (pending.length === 0) return;
    for (const { namespace = "default", name } of pendingReleases(pending))
        await helm.recoverRelease({ namespace, name });
    await state.import({ ...exported, deployment: withPendingCreates(exported.deployment) });
    await stack.refresh({ color: "never", suppressProgress: true });
}

function helmOptions({ tools, kubeconfig, context }: StackTarget): ConstructorParameters<typeof Helm>[1] {
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
                          remedy: "fix the reported cause and run again",
                      },
                  ];
        throw new DeployError("the Pulumi CLI failed", failures);
    }
}
