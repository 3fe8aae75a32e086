import { collectorOf, spanSenders } from "../shared/monitoring/collector";
import { type Flow, tcp, workload } from "../base/flow";
import type { Platform } from "../base/platform";

/** Every proxy that handles the platform's requests sends spans to the trace collector. */
export function spanFlows({ catalogue, config }: Platform): Flow[] {
    const collector = collectorOf(config);
    if (collector === undefined) return [];
    return spanSenders(catalogue).map((sender) => ({
        from: [workload(...sender)],
        to: [workload(collector.namespace, collector.name)],
        ports: tcp(collector.port),
    }));
}
