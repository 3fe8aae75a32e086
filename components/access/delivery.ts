/** What Flagger asks: whether somebody has said yes, and what its canaries' figures are. */
import type { AuthorizationPolicyManifest, NetworkPolicyManifest } from "../base/manifest";
import { NAMESPACES, PROMETHEUS_LABELS, PROMETHEUS_SERVICE, principal } from "../base/names";
import type { Platform } from "../base/platform";
import { FLAGGER, LOAD_TESTER } from "../base/rollouts";
import { allow, allowName } from "./allow";
import { policy, tcp, workloadPeer } from "./network-rules";

/** Never to open a gate, which is for people. */
const GATES = ["/gate/check", "/gate/close", "/rollback/check", "/rollback/close"];
const QUERIES = ["/api/v1/query"];

export function deliveryPolicies({ config }: Platform): AuthorizationPolicyManifest[] {
    if (!config.delivery.enabled) return [];
    const from = [{ source: { principals: [principal(config, NAMESPACES.delivery, FLAGGER.name)] } }];
    const to = (port: number, methods: string[], paths: string[]) => [
        { operation: { ports: [String(port)], methods, paths } },
    ];
    const { name, namespace, port } = PROMETHEUS_SERVICE;
    return [
        allow(allowName(LOAD_TESTER.name, FLAGGER.name), NAMESPACES.delivery, LOAD_TESTER.name, [
            { from, to: to(LOAD_TESTER.targetPort, ["POST"], GATES) },
        ]),
        allow(allowName(name, FLAGGER.name), namespace, name, [{ from, to: to(port, ["GET"], QUERIES) }]),
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
