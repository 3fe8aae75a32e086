import type { Resources } from "../../catalogue/model";

/** What a pod's sidecar gets. One of these annotations erases the others' defaults, so all four are said. */
export function sidecarResources({ cpu, memory, cpuLimit, memoryLimit }: Resources): Record<string, string> {
    return {
        "sidecar.istio.io/proxyCPU": cpu,
        "sidecar.istio.io/proxyMemory": memory,
        "sidecar.istio.io/proxyCPULimit": cpuLimit,
        "sidecar.istio.io/proxyMemoryLimit": memoryLimit,
    };
}
