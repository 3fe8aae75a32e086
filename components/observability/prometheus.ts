/** Prometheus as a single pod in the mesh: queries pass its sidecar, and scrapes outside mutual TLS bypass it. */
import { createHash } from "node:crypto";
import { stringify } from "yaml";
import type { MeshConfig } from "../../config/schema";
import { pinned } from "../shared/pods/images";
import { COMMON_LABELS, SERVICE_LABEL } from "../base/labels";
import type { DeploymentManifest, Manifest, Metadata } from "../base/manifest";
import { NAMESPACES, PROMETHEUS_ACCOUNT, PROMETHEUS_LABELS, PROMETHEUS_SERVICE } from "../base/names";
import { placement } from "../shared/pods/pools";
import { restrictedContainer, restrictedPod } from "../shared/pods/pod-security";
import { SCRAPE_SECONDS } from "../shared/monitoring/scraping";
import { sidecarResources } from "../shared/pods/sidecar-resources";
import { BYPASS_SIDECAR, service, sidecar } from "./mesh";
import type { RuleGroup } from "./rules/model";
import { scrapeJobs } from "./scrape";

type FromImage = Extract<MeshConfig["observability"]["prometheus"], { from: "image" }>;

const { name, port } = PROMETHEUS_SERVICE;
const USER = 65532;
const CONFIG_FOLDER = "/etc/prometheus";
const RULES_FILE = "rules.yml";
const DATA_FOLDER = "/prometheus";
const LABELS = { ...COMMON_LABELS, ...PROMETHEUS_LABELS, [SERVICE_LABEL]: PROMETHEUS_SERVICE.name };

const INTERVAL = `${SCRAPE_SECONDS.image}s`;

export function prometheus(from: FromImage, config: MeshConfig, groups: readonly RuleGroup[]): Manifest[] {
    const files = {
        "prometheus.yml": yaml({
            global: { scrape_interval: INTERVAL, scrape_timeout: INTERVAL, evaluation_interval: INTERVAL },
            rule_files: [`${CONFIG_FOLDER}/${RULES_FILE}`],
            scrape_configs: scrapeJobs(),
        }),
        [RULES_FILE]: yaml({ groups }),
    };
    const digest = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 16);
    return [
        {
            apiVersion: "v1",
            kind: "ServiceAccount",
            metadata: metadata(PROMETHEUS_ACCOUNT),
            automountServiceAccountToken: false,
        },
        { apiVersion: "v1", kind: "ConfigMap", metadata: metadata(name), data: files },
        service(),
        deployment(from, config, digest),
        sidecar(name, PROMETHEUS_LABELS, []),
    ];
}

function deployment({ image, retention }: FromImage, config: MeshConfig, digest: string): DeploymentManifest {
    return {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: metadata(name),
        spec: {
            replicas: 1,
            revisionHistoryLimit: 2,
            selector: { matchLabels: PROMETHEUS_LABELS },
            template: {
                metadata: {
                    labels: LABELS,
                    annotations: {
                        ...sidecarResources(config.sidecar),
                        ...BYPASS_SIDECAR,
                        "sparc.dev/configuration": digest,
                    },
                },
                spec: {
                    serviceAccountName: PROMETHEUS_ACCOUNT,
                    automountServiceAccountToken: true,
                    ...placement(config, "system"),
                    securityContext: { ...restrictedPod(USER), fsGroup: USER },
                    containers: [
                        {
                            name,
                            image: pinned(image, config),
                            args: [
                                `--config.file=${CONFIG_FOLDER}/prometheus.yml`,
                                `--storage.tsdb.path=${DATA_FOLDER}`,
                                `--storage.tsdb.retention.time=${retention}`,
                                `--web.listen-address=:${port}`,
                            ],
                            ports: [{ name: "http", containerPort: port }],
                            readinessProbe: probe("/-/ready", 2),
                            livenessProbe: probe("/-/healthy", 10),
                            resources: {
                                requests: { cpu: "50m", memory: "128Mi" },
                                limits: { cpu: "1", memory: "1Gi" },
                            },
                            securityContext: restrictedContainer(),
                            volumeMounts: [
                                { name: "configuration", mountPath: CONFIG_FOLDER, readOnly: true },
                                { name: "data", mountPath: DATA_FOLDER },
                            ],
                        },
                    ],
                    volumes: [
                        { name: "configuration", configMap: { name } },
                        { name: "data", emptyDir: {} },
                    ],
                },
            },
        },
    };
}

function metadata(of: string): Metadata {
    return { name: of, namespace: NAMESPACES.monitoring, labels: LABELS };
}

function yaml(value: unknown): string {
    return stringify(value, { aliasDuplicateObjects: false, lineWidth: 0 });
}

function probe(path: string, periodSeconds: number) {
    return { httpGet: { path, port }, periodSeconds, timeoutSeconds: 5 };
}
