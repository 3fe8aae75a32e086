/**
 * RBAC of Prometheus, its operator and Grafana. The charts' roles could read every Secret of the cluster. These exist
 * before the charts' releases, because neither the operator nor Grafana starts without them.
 */
import type { PolicyRule } from "kubernetes-types/rbac/v1";
import type { MeshConfig } from "../../config/schema";
import { COMMON_LABELS } from "../base/labels";
import type { Manifest } from "../base/manifest";
import { GRAFANA, NAMESPACES, PROMETHEUS_ACCOUNT, PROMETHEUS_OPERATOR } from "../base/names";

const GROUP = "rbac.authorization.k8s.io";
const READ = ["get", "list", "watch"];
const namespace = NAMESPACES.monitoring;

export function monitoringRights({ observability }: MeshConfig): Manifest[] {
    switch (observability.prometheus.from) {
        case "none":
            return [];
        case "image":
            return clusterWide(PROMETHEUS_ACCOUNT, PROMETHEUS);
        case "chart":
            return [
                ...clusterWide(PROMETHEUS_ACCOUNT, PROMETHEUS),
                // It checks the StorageClass of the volumes that it claims.
                ...clusterWide(PROMETHEUS_OPERATOR, [
                    policyRule("storage.k8s.io", ["storageclasses"], ["get"]),
                ]),
                ...namespaced(PROMETHEUS_OPERATOR, OPERATOR),
                ...namespaced(GRAFANA, [policyRule("", ["configmaps"], READ)]),
            ];
    }
}

/** Service discovery, and the containers' metrics from the kubelets. */
const PROMETHEUS = [policyRule("", ["pods", "nodes"], READ), policyRule("", ["nodes/metrics"], ["get"])];

/**
 * The permissions that prometheus-operator documents (Documentation/platform/rbac.md), in its own namespace, without
 * those that only an Alertmanager or Thanos needs. It stores Prometheus' generated configuration in Secrets, and does
 * not work without them.
 */
const OPERATOR = [
    policyRule(
        "monitoring.coreos.com",
        [
            "alertmanagerconfigs",
            "alertmanagers",
            "podmonitors",
            "probes",
            "prometheusagents",
            "prometheuses",
            "prometheusrules",
            "scrapeconfigs",
            "servicemonitors",
            "thanosrulers",
        ],
        READ,
    ),
    policyRule(
        "monitoring.coreos.com",
        ["prometheuses/finalizers", "prometheuses/status"],
        ["get", "update", "patch"],
    ),
    policyRule("monitoring.coreos.com", ["prometheuses"], ["update", "patch"]),
    policyRule(
        "apps",
        ["statefulsets"],
        [...READ, "create", "update", "patch", "delete", "deletecollection"],
    ),
    policyRule(
        "",
        ["configmaps", "secrets"],
        [...READ, "create", "update", "patch", "delete", "deletecollection"],
    ),
    policyRule("", ["pods"], ["list", "delete"]),
    policyRule("", ["services", "services/finalizers"], ["get", "create", "update", "delete"]),
    policyRule("", ["endpoints"], ["get", "create", "update", "delete"]),
    policyRule("", ["namespaces"], READ),
    policyRule("", ["events"], ["create", "patch"]),
    policyRule("events.k8s.io", ["events"], ["create", "patch"]),
];

function clusterWide(account: string, rules: PolicyRule[]): Manifest[] {
    const metadata = { name: `${namespace}-${account}`, labels: COMMON_LABELS };
    return [
        { apiVersion: `${GROUP}/v1`, kind: "ClusterRole", metadata, rules },
        {
            apiVersion: `${GROUP}/v1`,
            kind: "ClusterRoleBinding",
            metadata,
            roleRef: { apiGroup: GROUP, kind: "ClusterRole", name: metadata.name },
            subjects: [{ kind: "ServiceAccount", name: account, namespace }],
        },
    ];
}

function namespaced(account: string, rules: PolicyRule[]): Manifest[] {
    const metadata = { name: account, namespace, labels: COMMON_LABELS };
    return [
        { apiVersion: `${GROUP}/v1`, kind: "Role", metadata, rules },
        {
            apiVersion: `${GROUP}/v1`,
            kind: "RoleBinding",
            metadata,
            roleRef: { apiGroup: GROUP, kind: "Role", name: account },
            subjects: [{ kind: "ServiceAccount", name: account, namespace }],
        },
    ];
}

function policyRule(group: string, resources: string[], verbs: string[]): PolicyRule {
    return { apiGroups: [group], resources, verbs };
}
