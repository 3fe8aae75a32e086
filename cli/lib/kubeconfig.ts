/** The kubeconfig, and the context in it, that a command works on. */
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { nearest } from "../../catalogue/check";

/** A cluster that a kubeconfig leads to. */
export interface ClusterRef {
    readonly kubeconfig: string;
    /** @default the kubeconfig's current context */
    readonly context?: string;
}

/** The path given, or the kubeconfig that kubectl would use. */
export function defaultKubeconfig(given: string | undefined): string {
    return given ?? process.env["KUBECONFIG"] ?? join(homedir(), ".kube", "config");
}

/** @throws Error that names the file, if it is missing, is not a kubeconfig, or has no such context */
export function loadKubeconfig({ kubeconfig, context }: ClusterRef): KubeConfig {
    if (!existsSync(kubeconfig))
        throw new Error(
            `kubeconfig ${kubeconfig}: the file does not exist. Pass --kubeconfig <file>, or set KUBECONFIG.`,
        );
    const config = new KubeConfig();
    try {
        config.loadFromFile(kubeconfig);
    } catch (error) {
        const cause = error instanceof Error ? error.message : String(error);
        throw new Error(`kubeconfig ${kubeconfig}: cannot be parsed: ${cause}`, { cause: error });
    }
    const name = context ?? config.getCurrentContext();
    const contexts = config.getContexts().map((one) => one.name);
    if (!contexts.includes(name)) throw new Error(unknownContext(kubeconfig, name, contexts));
    config.setCurrentContext(name);
    if (config.getCurrentCluster() === null)
        throw new Error(
            `kubeconfig ${kubeconfig}: context "${name}" names a cluster that the file does not define.`,
        );
    return config;
}

function unknownContext(kubeconfig: string, name: string, contexts: readonly string[]): string {
    const close = nearest(name, contexts);
    return (
        `kubeconfig ${kubeconfig}: no context "${name}". Available contexts: ${contexts.join(", ") || "none"}.` +
        (close === undefined ? "" : ` Did you mean "${close}"?`)
    );
}

/**
 * Fails early, with the same message from every command, if `--kubeconfig` comes without `--context`, or the context does not
 * exist. A kubeconfig alone is rejected because its current context is easily another one than the user expects.
 */
export function assertContext(options: { readonly context?: string; readonly kubeconfig?: string }): void {
    const { context, kubeconfig } = options;
    if (context !== undefined) {
        loadKubeconfig({ context, kubeconfig: defaultKubeconfig(kubeconfig) });
        return;
    }
    if (kubeconfig === undefined) return;
    throw new Error(
        `--kubeconfig ${kubeconfig} requires --context <name>. ` +
            `List its contexts: kubectl --kubeconfig ${kubeconfig} config get-contexts -o name`,
    );
}
