/** Authorization of Prometheus, Grafana and the operator. */
import type { MeshConfig } from "../../config/schema";
import { serviceSelector } from "../base/labels";
import type { AuthorizationPolicyManifest, NetworkPolicyManifest } from "../base/manifest";
import {
    GRAFANA,
    NAMESPACES,
    PROMETHEUS_LABELS,
    PROMETHEUS_OPERATOR,
    PROMETHEUS_SERVICE,
    principal,
} from "../base/names";
import { allow, allowName } from "./allow";
import {
    type EgressRule,
    type Peer,
    podsIn,
    policy,
    tcp,
    toApiServer,
    workloadPeer,
} from "./network-policy-rules";

const { name, namespace, port } = PROMETHEUS_SERVICE;

export const PROMETHEUS_POD: Peer = podsIn(namespace, PROMETHEUS_LABELS);

/** The query API. Paths that change or stop Prometheus are not below it. */
const QUERIES = ["/api/v1/*"];

function hasChart({ observability }: MeshConfig): boolean {
    return observability.prometheus.from === "chart";
}

/** Grafana can query Prometheus, and nothing else. */
export function prometheusPolicies(config: MeshConfig): AuthorizationPolicyManifest[] {
    if (!hasChart(config)) return [];
    const source = { principals: [principal(config, NAMESPACES.monitoring, GRAFANA)] };
    const operation = { ports: [String(port)], methods: ["GET", "POST"], paths: QUERIES };
    return [allow(allowName(name, GRAFANA), namespace, name, [{ from: [{ source }], to: [{ operation }] }])];
}

/**
 * The same as NetworkPolicies, and access to the API server for the chart's other two components, which read their
 * objects there.
 */
export function monitoringPolicies(config: MeshConfig): NetworkPolicyManifest[] {
    if (!hasChart(config)) return [];
    return [
        policy(allowName(name, GRAFANA), namespace, {
            podSelector: { matchLabels: PROMETHEUS_LABELS },
            policyTypes: ["Ingress"],
            ingress: [{ from: [workloadPeer(namespace, GRAFANA)], ports: tcp(port) }],
        }),
        outgoing(PROMETHEUS_OPERATOR, toApiServer(config)),
        outgoing(GRAFANA, [{ to: [PROMETHEUS_POD], ports: tcp(port) }, ...toApiServer(config)]),
    ];
}

function outgoing(workload: string, egress: EgressRule[]): NetworkPolicyManifest {
    return policy(workload, namespace, {
        podSelector: serviceSelector(workload),
        policyTypes: ["Ingress", "Egress"],
        egress,
    });
}
