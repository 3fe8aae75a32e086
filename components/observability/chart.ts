/** Prometheus from its maintained chart, kube-prometheus-stack, together with Grafana. */
import { GRAFANA_ADMIN_SECRET } from "../../config/observability";
import type { MeshConfig } from "../../config/schema";
import { PROMETHEUS_STACK } from "../../config/versions";
import { SERVICE_LABEL } from "../base/labels";
import type { Derived, Release } from "../base/manifest";
import {
    GRAFANA,
    NAMESPACES,
    PROMETHEUS_ACCOUNT,
    PROMETHEUS_LABELS,
    PROMETHEUS_OPERATOR,
    PROMETHEUS_SERVICE,
    serviceHost,
} from "../base/names";
import { placement } from "../shared/pods/pools";
import { SCRAPE_SECONDS } from "../shared/monitoring/scraping";
import { dashboards } from "./dashboards/config-maps";
import { BYPASS_SIDECAR, service, sidecar } from "./mesh";
import type { RuleGroup } from "./rules/model";
import { scrapeJobs } from "./scrape";

type FromChart = Extract<MeshConfig["observability"]["prometheus"], { from: "chart" }>;

const { name, namespace, port } = PROMETHEUS_SERVICE;

/** The API server, from which the operator and the dashboards' sidecar read their objects. */
const API_SERVER = `default/${serviceHost("kubernetes", "default")}`;

const OFF = { enabled: false } as const;

const INTERVAL = `${SCRAPE_SECONDS.chart}s`;

export function prometheusChart(from: FromChart, config: MeshConfig, groups: readonly RuleGroup[]): Derived {
    return {
        releases: [release(from, config, groups)],
        objects: [
            service(),
            sidecar(name, PROMETHEUS_LABELS, []),
            sidecar(PROMETHEUS_OPERATOR, { [SERVICE_LABEL]: PROMETHEUS_OPERATOR }, [API_SERVER]),
            sidecar(GRAFANA, { [SERVICE_LABEL]: GRAFANA }, [
                API_SERVER,
                `${namespace}/${serviceHost(name, namespace)}`,
            ]),
            ...dashboards(config),
        ],
    };
}

function release(from: FromChart, config: MeshConfig, groups: readonly RuleGroup[]): Release {
    return {
        name: "prometheus",
        namespace: NAMESPACES.monitoring,
        chart: {
            from: "repository",
            repository: "https://prometheus-community.github.io/helm-charts",
            name: "kube-prometheus-stack",
            version: PROMETHEUS_STACK,
        },
        values: {
            fullnameOverride: PROMETHEUS_ACCOUNT,
            // The chart's roles can read every Secret of the cluster. components/access/monitoring-rights.ts has what
            // is needed.
            global: { rbac: { create: false } },
            cleanPrometheusOperatorObjectNames: true,
            prometheusOperator: operator(config),
            prometheus: {
                serviceAccount: { create: true, name: PROMETHEUS_ACCOUNT },
                serviceMonitor: { selfMonitor: false },
                prometheusSpec: server(from, config),
            },
            grafana: grafana(from, config),
            // Monitoring of the cluster itself is the cluster operator's; this is the mesh's.
            ...Object.fromEntries(
                [
                    ...[
                        "alertmanager",
                        "kubeApiServer",
                        "kubelet",
                        "kubeControllerManager",
                        "coreDns",
                        "kubeEtcd",
                    ],
                    ...["kubeScheduler", "kubeProxy", "kubeStateMetrics", "nodeExporter"],
                ].map((part) => [part, OFF]),
            ),
            defaultRules: { create: false },
            // As a PrometheusRule, which the operator passes on to Prometheus.
            additionalPrometheusRulesMap: { mesh: { groups } },
        },
        after: [],
    };
}

function operator(config: MeshConfig): Record<string, unknown> {
    return {
        podLabels: { [SERVICE_LABEL]: PROMETHEUS_OPERATOR },
        serviceAccount: { create: true, name: PROMETHEUS_OPERATOR },
        namespaces: { releaseNamespace: true, additional: [] },
        // The API server is not in the mesh and could not call the webhook; rules are checked before they are
        // deployed.
        admissionWebhooks: OFF,
        tls: OFF,
        serviceMonitor: { selfMonitor: false },
        kubeletService: OFF,
        kubeletEndpointsEnabled: false,
        resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { cpu: "500m", memory: "256Mi" } },
        ...placement(config, "system"),
    };
}

function server({ retention, storage, replicas }: FromChart, config: MeshConfig): Record<string, unknown> {
    return {
        replicas,
        retention,
        scrapeInterval: INTERVAL,
        evaluationInterval: INTERVAL,
        additionalScrapeConfigs: scrapeJobs(),
        podMetadata: { labels: { [SERVICE_LABEL]: name }, annotations: { ...BYPASS_SIDECAR } },
        resources: { requests: { cpu: "500m", memory: "2Gi" }, limits: { cpu: "2", memory: "4Gi" } },
        storageSpec: {
            volumeClaimTemplate: {
                spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } } },
            },
        },
        ...placement(config, "system"),
    };
}

function grafana({ grafanaAdmin }: FromChart, config: MeshConfig): Record<string, unknown> {
    return {
        fullnameOverride: GRAFANA,
        podLabels: { [SERVICE_LABEL]: GRAFANA },
        serviceAccount: { create: true, name: GRAFANA },
        rbac: { create: false },
        // No password in the release's values, which `helm get values` shows.
        admin: {
            existingSecret: grafanaAdmin.from === "secret" ? grafanaAdmin.secret : GRAFANA_ADMIN_SECRET,
        },
        defaultDashboardsEnabled: false,
        serviceMonitor: OFF,
        testFramework: OFF,
        sidecar: {
            // By default the sidecar reads Secrets too.
            dashboards: { enabled: true, searchNamespace: NAMESPACES.monitoring, resource: "configmap" },
            datasources: {
                searchNamespace: NAMESPACES.monitoring,
                resource: "configmap",
                url: `http://${name}.${namespace}:${port}`,
            },
        },
        resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { cpu: "500m", memory: "512Mi" } },
        ...placement(config, "system"),
    };
}
