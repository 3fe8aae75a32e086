import { unknownCase } from "../../catalogue/never";
import { maxReplicas, minReplicas, peersName } from "../../catalogue/query";
import type { MeshConfig } from "../../config/schema";
import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import { pinned } from "../shared/pods/images";
import { COMMON_LABELS, SERVICE_LABEL } from "../base/labels";
import type { Derived, Manifest, ServiceAccountManifest, ServiceManifest } from "../base/manifest";
import { HEALTH_PORT, NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";
import { placement } from "../shared/pods/pools";
import { rolloutFor } from "../shared/flagger/rollouts";
import { getOwn, sortedEntries } from "../../catalogue/order";
import { workloadProblems } from "./check";
import { FIRST_VERSION } from "./deployment";
import { adopt } from "./existing";
import { imageObjects } from "./image";
import { standIn } from "./stand-in";
import type { Workload } from "./workload";

function deriveWorkloads(platform: Platform): Derived {
    const { catalogue, config } = platform;
    const services = sortedEntries(catalogue.services).map(([name, service]): Workload => ({
        name,
        namespace: NAMESPACES.services,
        ports: service.ports,
        replicas: minReplicas(service),
        maxReplicas: maxReplicas(service),
        rolledOut: rolloutFor(platform, name) !== undefined,
        kpis: service.rollout?.kpis ?? [],
        versions: Object.keys(config.traffic.services[name]?.versions ?? {})
            .filter((version) => version !== FIRST_VERSION)
            .sort(),
        sidecar: service.sidecar ?? config.sidecar,
        peers: service.peers ?? [],
        sidecarOverride: service.sidecar,
        source: getOwn(config.workloads.services, name),
    }));
    const stores = sortedEntries(catalogue.stores).map(([name, store]): Workload => ({
        name,
        namespace: NAMESPACES.stores,
        ports: store.ports,
        replicas: 1,
        maxReplicas: 1,
        rolledOut: false,
        kpis: [],
        versions: [],
        peers: [],
        sidecar: config.sidecar,
    }));
    return {
        releases: [],
        objects: [...services, ...stores].flatMap((workload) => objectsOf(workload, config)),
    };
}

function objectsOf(workload: Workload, config: MeshConfig): Manifest[] {
    const hasPorts = Object.keys(workload.ports).length > 0;
    return [
        serviceAccount(workload),
        ...(hasPorts ? [service(workload)] : []),
        ...(workload.peers.length > 0 ? [peersService(workload)] : []),
        ...podsOf(workload, config),
    ];
}

/** The objects that make the workload's pods. */
function podsOf(workload: Workload, config: MeshConfig): Manifest[] {
    const { source = { from: "stand-in" } } = workload;
    const versions = [FIRST_VERSION, ...workload.versions];
    const place = placement(config, "mesh");
    switch (source.from) {
        case "stand-in": {
            const { workloads } = config;
            if (!workloads.standIns) return [];
            const image = pinned(workloads.image, config);
            return versions.map((version) => standIn(workload, version, { ...workloads, image }, place));
        }
        case "image":
            return imageObjects(workload, source, place, (image) => pinned(image, config));
        case "existing":
            return [adopt(workload, source)];
        default:
            return unknownCase(source);
    }
}

/** The service account, whose name is the workload's identity in every policy. Each workload has a separate one. */
function serviceAccount({ name, namespace }: Workload): ServiceAccountManifest {
    return {
        apiVersion: "v1",
        kind: "ServiceAccount",
        metadata: { name, namespace, labels: { ...COMMON_LABELS, [SERVICE_LABEL]: name } },
        automountServiceAccountToken: false,
    };
}

function service({ name, namespace, ports }: Workload): ServiceManifest {
    const declared = sortedEntries(ports).map(([port, { number, protocol }]) => ({
        name: port,
        port: number,
        targetPort: number,
        protocol: "TCP",
        // Istio reads the protocol from here, so that a port's name is free.
        appProtocol: protocol === "ws" ? "http" : protocol,
    }));
    const health = { name: HEALTH_PORT.name, port: HEALTH_PORT.number, targetPort: HEALTH_PORT.number };
    return {
        apiVersion: "v1",
        kind: "Service",
        metadata: { name, namespace, labels: { ...COMMON_LABELS, [SERVICE_LABEL]: name } },
        spec: {
            type: "ClusterIP",
            selector: { [SERVICE_LABEL]: name },
            ports: [...declared, { ...health, protocol: "TCP", appProtocol: "http" }],
        },
    };
}

/** Resolves to each replica, also before it is ready: replicas become ready only once they have found each other. */
function peersService({ name, namespace, ports, peers }: Workload): ServiceManifest {
    return {
        apiVersion: "v1",
        kind: "Service",
        metadata: {
            name: peersName(name),
            namespace,
            labels: { ...COMMON_LABELS, [SERVICE_LABEL]: name },
        },
        spec: {
            type: "ClusterIP",
            clusterIP: "None",
            publishNotReadyAddresses: true,
            selector: { [SERVICE_LABEL]: name },
            ports: sortedEntries(ports)
                .filter(([port]) => peers.includes(port))
                .map(([port, { number }]) => ({
                    name: port,
                    port: number,
                    targetPort: number,
                    protocol: "TCP",
                    appProtocol: "tcp",
                })),
        },
    };
}

export const workloads: Concern = { name: "workloads", derive: deriveWorkloads, check: workloadProblems };

/**
 * Each service's and store's ServiceAccount and Service, and its pods: a stand-in, a Deployment from an image, or a
 * patch of a workload that another tool deploys. Any other workload joins with that account and the label
 * `sparc.dev/service`.
 */
export class Workloads extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(workloads, platform, options);
    }
}
