/**
 * What Prometheus, its operator and Grafana may read and write. Their charts' own roles read every Secret of the cluster.
 * They are here, before the charts' releases, because neither operator nor Grafana starts without.
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
        case "nowhere":
            return [];
        case "image":
            return everywhere(PROMETHEUS_ACCOUNT, PROMETHEUS);
        case "chart":
            return [
                ...everywhere(PROMETHEUS_ACCOUNT, PROMETHEUS),
                // It checks the class of the volumes that it claims.
                ...everywhere(PROMETHEUS_OPERATOR, [may("storage.k8s.io", ["storageclasses"], ["get"])]),
                ...inMonitoring(PROMETHEUS_OPERATOR, OPERATOR),
                ...inMonitoring(GRAFANA, [may("", ["configmaps"], READ)]),
            ];
    }
}

/** To learn which pods there are, and to read from kubelets what containers use. */
const PROMETHEUS = [may("", ["pods", "nodes"], READ), may("", ["nodes/metrics"], ["get"])];

/**
 * What prometheus-operator documents (Documentation/platform/rbac.md), in its own namespace, and less what only an
 * Alertmanager or Thanos needs. It keeps the configuration that it makes for Prometheus in Secrets, and does not work without.
 */
const OPERATOR = [
    may(
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
    may(
        "monitoring.coreos.com",
        ["prometheuses/finalizers", "prometheuses/status"],
        ["get", "update", "patch"],
    ),
    may("monitoring.coreos.com", ["prometheuses"], ["update", "patch"]),
    may("apps", ["statefulsets"], [...READ, "create", "update", "patch", "delete", "deletecollection"]),
    may("", ["configmaps", "secrets"], [...READ, "create", "update", "patch", "delete", "deletecollection"]),
    may("", ["pods"], ["list", "delete"]),
    may("", ["services", "services/finalizers"], ["get", "create", "update", "delete"]),
    may("", ["endpoints"], ["get", "create", "update", "delete"]),
    may("", ["namespaces"], READ),
    may("", ["events"], ["create", "patch"]),
    may("events.k8s.io", ["events"], ["create", "patch"]),
];

function everywhere(account: string, rules: PolicyRule[]): Manifest[] {
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

function inMonitoring(account: string, rules: PolicyRule[]): Manifest[] {
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

function may(group: string, resources: string[], verbs: string[]): PolicyRule {
    return { apiGroups: [group], resources, verbs };
}
