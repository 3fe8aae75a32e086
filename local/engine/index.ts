/**
 * Deploys the program to a cluster through one of two engines (see docs/adr): the Pulumi CLI where there is one, and
 * otherwise the in-process engine, which runs the same index.ts and applies what it registers.
 */
import { performance } from "node:perf_hooks";
import { digestOf } from "../digest";
import { withLock } from "../lock";
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
    type Target,
} from "./types";

export { type CliState, type Facts, chooseEngine } from "./choice";
export * from "./types";

/**
 * Makes the cluster what the program says: applies, waits until all is ready, removes what the program no longer has.
 * It can be killed at any moment; the next call completes it.
 *
 * @throws DeployError with everything that failed, each with its remedy.
 */
export async function deploy(options: DeployOptions): Promise<DeployReport> {
    const start = performance.now();
    const complete = withCluster(options);
    return withClient(options, async (client) => {
        const cli = await findCli(options.engine ?? "auto");
        // Loading takes longest, so it begins before it is certain to be needed.
        const program = cli.usable ? undefined : startInProcess(complete);
        try {
            return await alone(complete, client, async () => {
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
 * Removes what a stack has in a cluster. For clusters that stay; the embedded node is thrown away whole.
 *
 * @throws DeployError where something is protected (nothing is removed then) or does not go.
 */
export async function destroy(target: Target): Promise<DestroyReport> {
    const start = performance.now();
    return withClient(target, async (client) => {
        return alone(target, client, async () => {
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
 * Runs `work` while no other process on this machine deploys or destroys the stack there. What a run that was killed
 * has left looks like what one leaves that is under way: to recover from the one would wreck the other.
 */
function alone<T>({ stack, progress }: Target, { address }: KubeClient, work: () => Promise<T>): Promise<T> {
    return withLock(`deploy-${digestOf(`${address}/${stack}`)}`, work, (holder) =>
        progress?.(`waiting for ${holder}`),
    );
}

const NO_CLI: CliState = { usable: false, because: "nothing here needs it" };

async function choose(
    target: Target,
    client: KubeClient,
    wanted: EngineName | "auto",
    cli: CliState,
): Promise<Choice> {
    const owner = await ownerOf(target, client);
    try {
        return chooseEngine({ wanted, cli, owner });
    } catch (error) {
        const remedy = "choose the engine as it says";
        throw new DeployError("no engine can do this", [
            { what: `stack ${target.stack}`, message: messageOf(error), remedy },
        ]);
    }
}

async function ownerOf(target: Target, client: KubeClient): Promise<EngineName | undefined> {
    const inventory = await new ConfigMapStore(client, target.stack).read();
    if (inventory.length > 0) return "in-process";
    return (await hasState(workspaceOf(target, client.address))) ? "pulumi" : undefined;
}

/** The configuration names the cluster too, so that the program's provider and the engine cannot mean two. */
function withCluster(options: DeployOptions): DeployOptions {
    const { kubeconfig, context, configEntries } = options;
    return {
        ...options,
        configEntries: { ...configEntries, kubeconfig, ...(context === undefined ? {} : { context }) },
    };
}

async function withClient<T>(
    { kubeconfig, context }: Target,
    work: (client: KubeClient) => Promise<T>,
): Promise<T> {
    let client: KubeClient | undefined;
    try {
        client = KubeClient.fromKubeconfig(kubeconfig, context);
        return await work(client);
    } catch (error) {
        if (error instanceof DeployError) throw error;
        const cluster: Ref = { apiVersion: "", kind: "cluster", name: context ?? kubeconfig };
        throw new DeployError("the cluster did not do what was asked", [failureOf(cluster, error)]);
    } finally {
        await client?.close();
    }
}

function secondsSince(start: number): number {
    return (performance.now() - start) / 1000;
}
