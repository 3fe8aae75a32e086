import { resolveNs } from "node:dns/promises";
import { connect as open } from "node:net";
import { CommandError, run } from "../../local/lib/process";
import { ApiException, CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { defaultKubeconfig, loadKubeconfig } from "../lib/kubeconfig";
import type { ClusterAccess, PreflightEnvironment } from "./model";

/** Time limit for a connection to an API server. */
const CONNECT_TIMEOUT_MS = 5000;

/** Uses this machine's `aws` CLI, DNS and network. */
export const localEnvironment: PreflightEnvironment = {
    aws: async (...args) => {
        try {
            return JSON.parse(await run("aws", [...args, "--output", "json"])) as unknown;
        } catch (error) {
            if (error instanceof CommandError && error.stderr !== "") throw new Error(error.stderr);
            throw error;
        }
    },
    nameServers: async (domain) => {
        try {
            return await resolveNs(domain);
        } catch (error) {
            // Other errors mean that DNS does not work here, not that the domain is not delegated.
            if (["ENOTFOUND", "ENODATA"].includes((error as NodeJS.ErrnoException).code ?? "")) return [];
            throw error;
        }
    },
    connect: (host, port) =>
        new Promise((resolve, reject) => {
            const socket = open({ host, port, timeout: CONNECT_TIMEOUT_MS });
            socket.once("connect", () => {
                socket.destroy();
                resolve();
            });
            socket.once("timeout", () => {
                socket.destroy();
                reject(new Error(`ETIMEDOUT after ${CONNECT_TIMEOUT_MS} ms`));
            });
            socket.once("error", reject);
        }),
    secretKeys: async (cluster, namespace, name) => {
        try {
            const secret = await kubeconfigOf(cluster)
                .makeApiClient(CoreV1Api)
                .readNamespacedSecret({ namespace, name });
            return Object.keys(secret.data ?? {});
        } catch (error) {
            if (!(error instanceof ApiException)) throw error;
            if (error.code === 404) return undefined;
            throw new Error(`HTTP ${error.code}`, { cause: error });
        }
    },
};

function kubeconfigOf(cluster: ClusterAccess): KubeConfig {
    if ("text" in cluster) {
        const config = new KubeConfig();
        config.loadFromString(cluster.text);
        return config;
    }
    const { file, context } = cluster;
    return loadKubeconfig({
        kubeconfig: defaultKubeconfig(file),
        ...(context === undefined ? {} : { context }),
    });
}
