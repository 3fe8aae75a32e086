/** What Flagger and its load tester ask: gates, figures, new versions that few ask, and whom they tell. */
import type { AuthorizationPolicyManifest, NetworkPolicyManifest } from "../base/manifest";
import { NAMESPACES, PROMETHEUS_LABELS, PROMETHEUS_SERVICE, principal } from "../base/names";
import type { Platform } from "../base/platform";
import { FLAGGER, GATES, LOAD_TESTER, loaded, receiverOf } from "../base/rollouts";
import { allow, allowName } from "./allow";
import { policy, tcp, workloadPeer } from "./network-rules";

/** Never to open a gate, which is for people. */
const AT_GATES = ["/gate/check", "/gate/close", "/rollback/check", "/rollback/close"];
const QUERIES = ["/api/v1/query"];

export function deliveryPolicies(platform: Platform): AuthorizationPolicyManifest[] {
    const { config } = platform;
    if (!config.delivery.enabled) return [];
    const receiver = receiverOf(platform);
    const loads = loaded(platform);
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
            { from, to: to(GATES.targetPort, ["POST"], AT_GATES) },
        ]),
        // What a load is made of, Flagger says: a command, which must not run where a gate is.
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

/** What Prometheus lets in of it; the load tester and Flagger have policies as every workload has. */
export function deliveryNetworkPolicies({ config }: Platform): NetworkPolicyManifest[] {
    if (!config.delivery.enabled) return [];
    const { name, namespace, port } = PROMETHEUS_SERVICE;
    return [
        policy(allowName(name, FLAGGER.name), namespace, {
            podSelector: { matchLabels: PROMETHEUS_LABELS },
            policyTypes: ["Ingress"],
            ingress: [{ from: [workloadPeer(NAMESPACES.delivery, FLAGGER.name)], ports: tcp(port) }],
        }),
    ];
}
