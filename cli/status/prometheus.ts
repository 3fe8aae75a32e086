/** Queries the Prometheus of the mesh from inside its pod: the mesh denies access from anywhere else. */
import { NAMESPACES, PROMETHEUS_LABELS } from "../../components/base/names";
import type { Cluster } from "../lib/cluster/cluster";

/**
 * The Prometheus that runs in a cluster.
 *
 * @returns a function that runs a promtool command in Prometheus' pod and returns its output, or throws if Prometheus
 * does not answer
 * @throws Error if no Prometheus runs
 */
export async function prometheusOf(
    cluster: Cluster,
    timeoutSeconds: number,
    signal: AbortSignal,
): Promise<(command: readonly string[]) => Promise<string>> {
    const namespace = NAMESPACES.monitoring;
    const labelSelector = Object.entries(PROMETHEUS_LABELS)
        .map(([name, value]) => `${name}=${value}`)
        .join(",");
    const pods = await cluster.list("Pod", { namespace, labelSelector });
    const pod = pods.find((candidate) => isRunning(candidate))?.metadata.name;
    if (pod === undefined) throw new Error(`no Prometheus runs in namespace ${namespace}`);
    return async (command) => {
        const { code, stdout, stderr } = await cluster.exec({
            namespace,
            pod,
            container: "prometheus",
            command,
            stdin: "",
            timeoutSeconds,
            signal,
        });
        if (code !== 0) throw new Error(`Prometheus query failed: ${stderr.trim()}`);
        return stdout;
    };
}

function isRunning(pod: object): boolean {
    return (pod as { status?: { phase?: string } }).status?.phase === "Running";
}
