import type { MeshConfig } from "../../config/schema";
import { collectorOf } from "../base/collector";
import { MESH_TRACES } from "../base/names";

/** Where proxies send the spans of requests that are traced; none where the stack has no collector. */
export function tracesProvider(config: MeshConfig) {
    const collector = collectorOf(config);
    if (collector === undefined) return [];
    const { namespace, host, port } = collector;
    return [{ name: MESH_TRACES, opentelemetry: { service: `${namespace}/${host}`, port } }];
}
