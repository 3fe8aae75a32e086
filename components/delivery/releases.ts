import type { MeshConfig } from "../../config/schema";
import { FLAGGER as VERSIONS } from "../../config/versions";
import { pinned, repositoryAndTag } from "../base/images";
import { SERVICE_LABEL } from "../base/labels";
import type { Chart, Release } from "../base/manifest";
import { NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";
import { restrictedContainer, restrictedPod } from "../base/pod-security";
import { placement } from "../base/pools";
import { FLAGGER, GATES, PROMETHEUS_URL, receiverOf } from "../base/rollouts";
import { sidecarResources } from "../base/sidecar-resources";
import { unknownCase } from "../../catalogue/never";

/** Never 1337, the sidecar's, whose traffic is not redirected. */
const USER = 65532;

/** Flagger itself, which may change what it rolls out in the services' namespace and nothing anywhere else. */
export function flagger(platform: Platform): Release {
    const { config } = platform;
    const receiver = receiverOf(platform);
    return {
        name: FLAGGER.name,
        namespace: NAMESPACES.delivery,
        chart: chartOf(config, "flagger", VERSIONS.chart),
        values: {
            fullnameOverride: FLAGGER.name,
            meshProvider: "istio",
            metricsServer: PROMETHEUS_URL,
            namespace: NAMESPACES.services,
            noCrossNamespaceRefs: true,
            // It would read every Secret; what is tracked so, no service of the catalogue has.
            configTracking: { enabled: false },
            serviceAccount: { create: true, name: FLAGGER.name },
            rbac: { create: false },
            ...(receiver === undefined
                ? {}
                : {
                      eventWebhook: `http://${receiver.host}:${receiver.port}${receiver.path}`,
                  }),
            ...imageOf(config.delivery.image, config),
            ...podOf(FLAGGER.name, config),
            securityContext: securityContext(),
            resources: {
                requests: { cpu: "20m", memory: "64Mi" },
                limits: { cpu: "500m", memory: "256Mi" },
            },
        },
        after: [],
    };
}

/** What Flagger asks at its gates, or has ask new versions. It runs with no rights. */
export function loadTester(name: string, config: MeshConfig): Release {
    return {
        name,
        namespace: NAMESPACES.delivery,
        chart: chartOf(config, "loadtester", VERSIONS.loadTesterChart),
        values: {
            fullnameOverride: name,
            // By which its Service selects: two releases of one chart would have each other's pods.
            nameOverride: name,
            service: { type: "ClusterIP", port: GATES.port },
            // An account of its own comes with a role alone, in which there is nothing.
            rbac: { create: true, scope: "namespace", rules: [] },
            cmd: { namespaceRegexp: `^${NAMESPACES.services}$` },
            ...imageOf(config.delivery.loadTesterImage, config),
            ...podOf(name, config),
            securityContext: securityContext(),
            resources: {
                requests: { cpu: "10m", memory: "32Mi" },
                limits: { cpu: "500m", memory: "256Mi" },
            },
        },
        after: [],
    };
}

function chartOf({ delivery }: MeshConfig, name: string, version: string): Chart {
    switch (delivery.charts.from) {
        case "registry":
            return { from: "registry", reference: `${delivery.charts.repository}/${name}`, version };
        case "folder":
            return { from: "folder", path: `${delivery.charts.path}/${name}` };
        default:
            return unknownCase(delivery.charts);
    }
}

function imageOf(
    image: string | undefined,
    config: MeshConfig,
): { image?: { repository: string; tag: string } } {
    return image === undefined ? {} : { image: repositoryAndTag(pinned(image, config)) };
}

function podOf(name: string, config: MeshConfig) {
    return {
        podLabels: { [SERVICE_LABEL]: name },
        podAnnotations: sidecarResources(config.sidecar),
        ...placement(config, "system"),
    };
}

/** The charts have one for the container alone, in which all can be said that `restricted` asks for. */
function securityContext() {
    return { enabled: true, context: { ...restrictedPod(USER), ...restrictedContainer() } };
}
