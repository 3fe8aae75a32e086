/** The mesh's own Prometheus: asked in its pod, since nobody else may. */
import { NAMESPACES, PROMETHEUS_LABELS } from "../../components/base/names";
import type { Cluster } from "../verify/cluster/cluster";

/**
 * The Prometheus that runs in a cluster.
 *
 * @returns what runs a command of promtool (`./promtool`) beside it, and gives what that printed; it throws an Error
 *   that says why Prometheus did not answer
 * @throws Error where none runs.
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
    if (pod === undefined) throw new Error(`no Prometheus runs in the namespace ${namespace}`);
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
        if (code !== 0) throw new Error(`Prometheus did not answer: ${stderr.trim()}`);
        return stdout;
    };
}

function isRunning(pod: object): boolean {
    return (pod as { status?: { phase?: string } }).status?.phase === "Running";
}
