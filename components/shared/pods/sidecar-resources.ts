import type { Resources } from "../../../catalogue/model";

/** A sidecar's resources. Setting one of these annotations drops the defaults of the others, so all four are set. */
export function sidecarResources({ cpu, memory, cpuLimit, memoryLimit }: Resources): Record<string, string> {
    return {
        "sidecar.istio.io/proxyCPU": cpu,
        "sidecar.istio.io/proxyMemory": memory,
        "sidecar.istio.io/proxyCPULimit": cpuLimit,
        "sidecar.istio.io/proxyMemoryLimit": memoryLimit,
    };
}
