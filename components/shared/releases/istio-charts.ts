/** Helpers that the Helm releases of several concerns share. */
import type { Resources } from "../../../catalogue/model";
import type { MeshConfig } from "../../../config/schema";
import type { Chart } from "../../base/manifest";
import { unknownCase } from "../../../catalogue/never";

/** Istio's chart `name` of a version, from the stack's chart source. */
export function chartOf(
    { istio }: Pick<MeshConfig, "istio">,
    name: "base" | "cni" | "istiod" | "gateway",
    version: string,
): Chart {
    switch (istio.charts.from) {
        case "registry":
            return {
                from: "registry",
                reference: `${istio.charts.repository}/${name}`,
                version,
            };
        case "folder":
            return { from: "folder", path: `${istio.charts.path.replaceAll("{version}", version)}/${name}` };
        default:
            return unknownCase(istio.charts);
    }
}

/** The `resources` of a container. */
export function containerResources({ cpu, memory, cpuLimit, memoryLimit }: Resources): {
    requests: { cpu: string; memory: string };
    limits: { cpu: string; memory: string };
} {
    return { requests: { cpu, memory }, limits: { cpu: cpuLimit, memory: memoryLimit } };
}
