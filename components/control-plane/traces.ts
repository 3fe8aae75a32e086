import type { MeshConfig } from "../../config/schema";
import { collectorOf } from "../shared/monitoring/collector";
import { MESH_TRACES } from "../base/names";

/** The tracing provider to which proxies send spans; none if the stack has no collector. */
export function tracesProvider(config: MeshConfig) {
    const collector = collectorOf(config);
    if (collector === undefined) return [];
    const { namespace, host, port } = collector;
    return [{ name: MESH_TRACES, opentelemetry: { service: `${namespace}/${host}`, port } }];
}
