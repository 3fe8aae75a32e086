/**
 * Authorization of Flagger and its load tester: gates, metrics, canaries with synthetic load, and the event webhook.
 */
import type { AuthorizationPolicyManifest } from "../base/manifest";
import { NAMESPACES, PROMETHEUS_SERVICE, allowName, principal } from "../base/names";
import type { Platform } from "../base/platform";
import { FLAGGER, GATES, GATE_PATHS, LOAD_TESTER } from "../shared/flagger/flagger";
import { loadedRollouts, receiverOf } from "../shared/flagger/rollouts";
import { allow } from "./allow";

/** Flagger can check and close gates. Only operators open them. */
const OF_FLAGGER = [GATE_PATHS.gate, GATE_PATHS.rollback].flatMap(({ check, close }) => [check, close]);
const QUERIES = ["/api/v1/query"];

export function deliveryPolicies(platform: Platform): AuthorizationPolicyManifest[] {
    const { config } = platform;
    if (!config.delivery.enabled) return [];
    const receiver = receiverOf(platform);
    const loads = loadedRollouts(platform);
    const byLoadTester = [
        { source: { principals: [principal(config, NAMESPACES.delivery, LOAD_TESTER.name)] } },
    ];
    const from = [{ source: { principals: [principal(config, NAMESPACES.delivery, FLAGGER.name)] } }];
    const to = (port: number, methods: string[], paths: string[]) => [
        { operation: { ports: [String(port)], methods, paths } },
    ];
    const { name, namespace, port } = PROMETHEUS_SERVICE;
    return [
        allow(allowName(GATES.name, FLAGGER.name), NAMESPACES.delivery, GATES.name, [
            { from, to: to(GATES.targetPort, ["POST"], OF_FLAGGER) },
        ]),
        // Flagger sends the load's command to the load tester. Commands must not run where gates are.
        ...(loads.length > 0
            ? [
                  allow(allowName(LOAD_TESTER.name, FLAGGER.name), NAMESPACES.delivery, LOAD_TESTER.name, [
                      { from, to: to(LOAD_TESTER.targetPort, ["POST"], ["/"]) },
                  ]),
              ]
            : []),
        allow(allowName(name, FLAGGER.name), namespace, name, [{ from, to: to(port, ["GET"], QUERIES) }]),
        ...loads.map(({ service, port: { number }, load }) =>
            allow(allowName(service, LOAD_TESTER.name), NAMESPACES.services, service, [
                { from: byLoadTester, to: to(number, ["GET"], [load.path]) },
            ]),
        ),
        ...(receiver === undefined
            ? []
            : [
                  allow(allowName(receiver.service, FLAGGER.name), NAMESPACES.services, receiver.service, [
                      { from, to: to(receiver.port, ["POST"], [receiver.path]) },
                  ]),
              ]),
    ];
}
