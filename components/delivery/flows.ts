import { type Flow, type Pods, tcp, workload } from "../base/flow";
import { NAMESPACES, PROMETHEUS_SERVICE, allowName } from "../base/names";
import type { Platform } from "../base/platform";
import { FLAGGER, GATES, LOAD_TESTER } from "../shared/flagger/flagger";
import { loadedRollouts, receiverOf } from "../shared/flagger/rollouts";
import { PROMETHEUS, toApiServer } from "../shared/flows/parties";

/** Flagger's gates, metrics and rollouts, synthetic load on canaries, and the receiver of events. */
export function deliveryFlows(platform: Platform): Flow[] {
    const { config } = platform;
    if (!config.delivery.enabled) return [];
    const flagger = workload(NAMESPACES.delivery, FLAGGER.name);
    const loadTester = workload(NAMESPACES.delivery, LOAD_TESTER.name);
    const flow = (from: Pods, to: Pods, port: number): Flow => ({ from: [from], to: [to], ports: tcp(port) });
    const prometheus = { ...PROMETHEUS, policy: allowName(PROMETHEUS_SERVICE.name, FLAGGER.name) };
    const receiver = receiverOf(platform);
    return [
        flow(flagger, workload(NAMESPACES.delivery, GATES.name), GATES.targetPort),
        flow(flagger, prometheus, PROMETHEUS_SERVICE.port),
        toApiServer(config, flagger),
        ...loadedRollouts(platform).flatMap(({ service, port }) => [
            flow(flagger, loadTester, LOAD_TESTER.targetPort),
            flow(loadTester, workload(NAMESPACES.services, service), port.number),
        ]),
        ...(receiver === undefined
            ? []
            : [flow(flagger, workload(NAMESPACES.services, receiver.service), receiver.port)]),
    ];
}
