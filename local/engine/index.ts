/**
 * Deploys the program to a cluster with one of two engines (see docs/adr): the Pulumi CLI if it is available, otherwise the
 * in-process engine, which runs the same index.ts and applies the resources that it registers.
 */
import { performance } from "node:perf_hooks";
import { digestOf } from "../lib/digest";
import { withLock } from "../lib/lock";
import { type Choice, chooseEngine, type CliState } from "./choice";
import { deployInProcess, destroyInProcess, startInProcess } from "./in-process";
import { ConfigMapStore } from "./inventory-store";
import { KubeClient } from "./kube/client";
import { findCli } from "./pulumi/cli";
import { deployWithPulumi, destroyWithPulumi } from "./pulumi/deploy";
import { hasState, workspaceOf } from "./pulumi/workspace";
import { type Ref } from "./ref";
import { failureOf, messageOf } from "./remedy";
import {
    DeployError,
    type DeployOptions,
    type DeployReport,
    type DestroyReport,
    type EngineName,
    type StackTarget,
} from "./types";

export { type CliState, type EngineFacts, chooseEngine } from "./choice";
export * from "./types";

/**
 * Deploys the program: applies its resources, waits until they are ready, and prunes those that it no longer declares. It can
 * be killed at any time; the next call completes the deployment.
 *
 * @throws DeployError with all failures and their remedies.
 */
export async function deploy(options: DeployOptions): Promise<DeployReport> {
    const start = performance.now();
    const complete = withCluster(options);
    return withClient(options, async (client) => {
        const cli = await findCli(options.engine ?? "auto");
        // Loading takes longest, so it starts before it is certain to be needed.
        const program = cli.usable ? undefined : startInProcess(complete);
        try {
            return await withStackLock(complete, client, async () => {
                const choice = await choose(complete, client, options.engine ?? "auto", cli);
                const done =
                    choice.engine === "pulumi"
                        ? await deployWithPulumi(complete, client, choice.cli)
                        : await deployInProcess(complete, client, program ?? startInProcess(complete));
                const { engine, why } = choice;
                return { engine, why, ...done.counts, warnings: done.warnings, seconds: secondsSince(start) };
            });
        } finally {
            program?.stop();
        }
    });
}

/**
 * Removes a stack's resources from a cluster. For clusters that stay; `make down` removes the embedded node as a whole.
 *
 * @throws DeployError if a resource is protected (nothing is removed then) or cannot be removed.
 */
export async function destroy(target: StackTarget): Promise<DestroyReport> {
    const start = performance.now();
    return withClient(target, async (client) => {
        return withStackLock(target, client, async () => {
            const usesPulumi = (await ownerOf(target, client)) === "pulumi";
            const cli: CliState = usesPulumi ? await findCli("pulumi") : NO_CLI;
            const choice = await choose(target, client, "auto", cli);
            const removed =
                choice.engine === "pulumi"
                    ? await destroyWithPulumi(target, client, choice.cli)
                    : await destroyInProcess(target, client);
            return { engine: choice.engine, removed, seconds: secondsSince(start) };
        });
    });
}

/**
 * Runs `work` while no other process on this machine deploys or destroys the stack in that cluster. The state after a killed
 * run looks like the state of a run in progress, which a recovery would corrupt.
 */
function withStackLock<T>(
    { stack, progress }: StackTarget,
    { address }: KubeClient,
    work: () => Promise<T>,
): Promise<T> {
    return withLock(`deploy-${digestOf([address, stack])}`, work, (holder) =>
        progress?.(`waiting for ${holder}`),
    );
}

const NO_CLI: CliState = { usable: false, because: "it is not needed" };

async function choose(
    target: StackTarget,
    client: KubeClient,
    requested: EngineName | "auto",
    cli: CliState,
): Promise<Choice> {
    const owner = await ownerOf(target, client);
    try {
        return chooseEngine({ requested, cli, owner });
    } catch (error) {
        const remedy = "choose the engine as described";
        throw new DeployError("no engine is available", [
            { what: `stack ${target.stack}`, message: messageOf(error), remedy },
        ]);
    }
}

async function ownerOf(target: StackTarget, client: KubeClient): Promise<EngineName | undefined> {
    const inventory = await new ConfigMapStore(client, target.stack).read();
    if (inventory.length > 0) return "in-process";
    return (await hasState(workspaceOf(target, client.address))) ? "pulumi" : undefined;
}

/** Adds the cluster to the configuration, so that the program's provider and the engine use the same one. */
function withCluster(options: DeployOptions): DeployOptions {
    const { kubeconfig, context, configEntries } = options;
    return {
        ...options,
        configEntries: { ...configEntries, kubeconfig, ...(context === undefined ? {} : { context }) },
    };
}

async function withClient<T>(
    { kubeconfig, context }: StackTarget,
    work: (client: KubeClient) => Promise<T>,
): Promise<T> {
    let client: KubeClient | undefined;
    try {
        client = KubeClient.fromKubeconfig(kubeconfig, context);
        return await work(client);
    } catch (error) {
        if (error instanceof DeployError) throw error;
        const cluster: Ref = { apiVersion: "", kind: "cluster", name: context ?? kubeconfig };
        throw new DeployError("the cluster returned an error", [failureOf(cluster, error)]);
    } finally {
        await client?.close();
    }
}

function secondsSince(start: number): number {
    return (performance.now() - start) / 1000;
}
