import { homedir } from "node:os";
import { join } from "node:path";
import { checkMachine, ensureToolchain, type Progress, startNode } from "../../local";
import type { Catalogue } from "../../catalogue/model";
import { outsideOf } from "./outside";
import { type Cluster, defaultKubeconfig } from "./cluster";
import { onEmbeddedNode, onOtherCluster } from "./entries";

/** Where to deploy to, and the configuration for it. */
export interface Destination extends Cluster {
    /** For people. */
    readonly where: string;
    readonly entries: Record<string, unknown>;
    /** Path of the helm program. */
    readonly helm: string;
    /** The folder for what must be remembered between runs. */
    readonly state: string;
    /** Only on the embedded node: its address, and the certificate of the CA that its gateways' are of. */
    readonly node?: {
        readonly address: string;
        readonly authority: string;
        /** Path of the certificate of the CA that vouches for the world outside. */
        readonly outsideAuthority: string;
    };
}

/** Starts the embedded node, or whatever of it does not run. */
export async function embeddedNode(
    entries: Record<string, unknown>,
    catalogue: Catalogue,
    progress: Progress,
): Promise<Destination> {
    await checkMachine();
    const toolchain = await ensureToolchain(progress);
    const node = await startNode({ progress, outside: outsideOf(catalogue) });
    return {
        where: "the embedded node",
        kubeconfig: node.kubeconfig,
        entries: onEmbeddedNode(entries, toolchain, node),
        helm: toolchain.program("helm"),
        state: join(node.state, "engine"),
        node: {
            address: node.address,
            authority: node.edgeAuthority,
            outsideAuthority: node.outsideAuthority,
        },
    };
}

export interface OtherClusterOptions {
    readonly context: string;
    readonly kubeconfig?: string;
    readonly standinImage?: string;
}

/**
 * A cluster that is there already.
 *
 * @throws Error if no image for the stand-ins is given: such a cluster pulls images, and has no other way to ours.
 */
export function otherCluster(
    entries: Record<string, unknown>,
    { context, kubeconfig, standinImage }: OtherClusterOptions,
): Destination {
    if (standinImage === undefined) {
        throw new Error(
            `the cluster of context ${context} needs an image for the stand-ins, and none is named. Build one with\n` +
                "  docker build -t standin:dev local/standin\n" +
                "let the cluster have it (kind load docker-image standin:dev, or push it), and run\n" +
                `  make up CONTEXT=${context} STANDIN_IMAGE=standin:dev`,
        );
    }
    const { tools, stateDir, ...cluster } = clusterAt(context, kubeconfig);
    return {
        where: `context ${context}`,
        ...cluster,
        entries: onOtherCluster(entries, standinImage),
        helm: tools.helm,
        state: stateDir,
    };
}

/** How the engines reach a cluster that is there already, with the helm on PATH. */
export function clusterAt(
    context: string,
    kubeconfig: string | undefined,
): Required<Cluster> & { readonly tools: { readonly helm: string }; readonly stateDir: string } {
    return {
        kubeconfig: defaultKubeconfig(kubeconfig),
        context,
        tools: { helm: "helm" },
        stateDir: join(homedir(), ".local", "state", "sparc-mesh-clusters", context),
    };
}
