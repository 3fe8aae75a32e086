import type { MeshConfig } from "../../config/schema";
import { FLAGGER as VERSIONS } from "../../config/versions";
import { pinned, repositoryAndTag } from "../shared/pods/images";
import { SERVICE_LABEL } from "../base/labels";
import type { Chart, Release } from "../base/manifest";
import { NAMESPACES, PROMETHEUS_URL } from "../base/names";
import type { Platform } from "../base/platform";
import { restrictedContainer, restrictedPod } from "../shared/pods/pod-security";
import { placement } from "../shared/pods/pools";
import { FLAGGER, GATES } from "../shared/flagger/flagger";
import { receiverOf } from "../shared/flagger/rollouts";
import { sidecarResources } from "../shared/pods/sidecar-resources";
import { unknownCase } from "../../catalogue/never";

/** Not 1337, the sidecar's user, whose traffic is not redirected. */
const USER = 65532;

/** Flagger. It can only change the objects of rollouts in the services' namespace. */
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
            // It would read every Secret, to restart canaries when one changes. No service of the catalogue uses
            // that.
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

/** Flagger's load tester, for gates or for synthetic load. It has no permissions. */
export function loadTester(name: string, config: MeshConfig): Release {
    return {
        name,
        namespace: NAMESPACES.delivery,
        chart: chartOf(config, "loadtester", VERSIONS.loadTesterChart),
        values: {
            fullnameOverride: name,
            // Its Service selects by this name: two releases of the same chart would otherwise select each other's
            // pods.
            nameOverride: name,
            service: { type: "ClusterIP", port: GATES.port },
            // The chart creates a service account only together with a role, which is empty here.
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

/** The charts support only a container security context, which is sufficient for `restricted`. */
function securityContext() {
    return { enabled: true, context: { ...restrictedPod(USER), ...restrictedContainer() } };
}
