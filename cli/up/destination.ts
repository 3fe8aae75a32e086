import { mkdir, rename, rm, symlink } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { checkMachine, ensureToolchain, type Progress, startNode } from "../../local";
import type { Platform } from "../../components/base/platform";
import { simulatedHosts } from "./simulated-external";
import { type ClusterRef, defaultKubeconfig } from "../lib/kubeconfig";
import { embeddedIstioVersions, onEmbeddedNode, onOtherCluster } from "./config-entries";

/** Where to deploy to, and the configuration for it. */
export interface DeployTarget extends ClusterRef {
    /** Display name: `the embedded node`, or `context kind-mesh`. */
    readonly target: string;
    readonly entries: Record<string, unknown>;
    /** Path of the helm program. */
    readonly helm: string;
    /** The folder for state between runs. */
    readonly state: string;
    /** Only on the embedded node: its address, and where to save the CA certificate of its gateways. */
    readonly node?: {
        readonly address: string;
        readonly authority: string;
        /** Path of the CA certificate of the simulated external services. */
        readonly simulatedAuthority: string;
    };
}

/** Starts the parts of the embedded node that do not run. */
export async function embeddedNode(
    entries: Record<string, unknown>,
    { catalogue, config }: Platform,
    progress: Progress,
): Promise<DeployTarget> {
    const istioVersions = embeddedIstioVersions(config.istio);
    await checkMachine();
    const toolchain = await ensureToolchain(progress, istioVersions);
    const node = await startNode({
        progress,
        simulatedHosts: simulatedHosts(catalogue),
        istioVersions,
    });
    const istioCharts = join(node.state, "istio-charts");
    for (const { version, charts } of toolchain.istios) await link(charts, join(istioCharts, version));
    return {
        target: "the embedded node",
        kubeconfig: node.kubeconfig,
        entries: onEmbeddedNode(entries, toolchain, node, istioCharts),
        helm: toolchain.program("helm"),
        state: join(node.state, "engine"),
        node: {
            address: node.address,
            authority: node.edgeAuthority,
            simulatedAuthority: node.simulatedAuthority,
        },
    };
}

/** Creates a symbolic link, or replaces it. */
async function link(target: string, path: string): Promise<void> {
    await mkdir(dirname(path), { recursive: true });
    const temporary = `${path}.${process.pid}.tmp`;
    await rm(temporary, { force: true });
    await symlink(target, temporary);
    await rename(temporary, path);
}

export interface OtherClusterOptions {
    readonly context: string;
    readonly kubeconfig?: string;
    readonly standinImage?: string;
}

/** An existing cluster. */
export function otherCluster(
    entries: Record<string, unknown>,
    { context, kubeconfig, standinImage }: OtherClusterOptions,
): DeployTarget {
    if (standinImage === undefined) {
        throw new Error(
            `context ${context}: the stand-ins need an image that the cluster can pull. Build one:\n` +
                "  docker build -t standin:dev local/standin\n" +
                "Load it (kind load docker-image standin:dev) or push it to a registry, then run:\n" +
                `  make up CONTEXT=${context} STANDIN_IMAGE=standin:dev`,
        );
    }
    const { tools, stateDir, ...cluster } = clusterAt(context, kubeconfig);
    return {
        target: `context ${context}`,
        ...cluster,
        entries: onOtherCluster(entries, standinImage),
        helm: tools.helm,
        state: stateDir,
    };
}

/** How the deployment engines reach an existing cluster; uses the helm on PATH. */
export function clusterAt(
    context: string,
    kubeconfig: string | undefined,
): Required<ClusterRef> & { readonly tools: { readonly helm: string }; readonly stateDir: string } {
    return {
        kubeconfig: defaultKubeconfig(kubeconfig),
        context,
        tools: { helm: "helm" },
        stateDir: join(homedir(), ".local", "state", "sparc-mesh-clusters", context),
    };
}
