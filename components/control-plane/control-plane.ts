import { componentVersionsOf } from "../../config/istio";
import type { MeshConfig } from "../../config/schema";
import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import { chartOf, containerResources } from "../shared/releases/istio-charts";
import { cniImage, istioImage, mirrored, pinned, pinOf } from "../shared/pods/images";
import type { Derived, Release } from "../base/manifest";
import { NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";
import { BEFORE_CNI, hasPools, placement } from "../shared/pods/pools";
import { istiodName } from "../../config/proxies";
import { spread } from "../base/spread";
import { EGRESS_LOG_PROVIDER } from "./egress-log";
import { limiterClusterProvider } from "./limiter-cluster";
import { signing } from "./signing";
import { type Revision, stableRevision, tagWebhook } from "./revisions";
import { MESH_LOG_PROVIDER } from "./mesh-log";
import { proxyStats } from "./proxy-stats";
import { STOCK_ENVOY } from "./stock-envoy";
import { tracesProvider } from "./traces";
import { controlPlaneFlows } from "./flows";

function deriveControlPlane(platform: Platform): Derived {
    const { config } = platform;
    const istiods = config.istio.revisions.map((revision) => istiod(platform, revision));
    const releases = [base(config), ...(config.istio.cni ? [cni(config)] : []), ...istiods];
    return { releases, objects: [tagWebhook(config)] };
}

/**
 * With this role, a remote cluster's istiod could read all Secrets here as `istio-reader-service-account`. The mesh
 * has a single cluster.
 */
const NO_READER = { enableReaderRBAC: false } as const;

/** Istio's CRDs and the default validating webhook. */
function base(config: MeshConfig): Release {
    return {
        name: "istio-base",
        namespace: NAMESPACES.system,
        chart: chartOf(config, "base", componentVersionsOf(config.istio).base),
        values: {
            // istiod sets this once its webhook is ready. Setting it here keeps an upgrade from turning validation
            // off in between.
            base: { validationFailurePolicy: "Fail" },
            // The revision that validates objects without a revision label. It moves with the tag, so that it never
            // outlives its istiod.
            defaultRevision: stableRevision(config.istio),
            global: NO_READER,
        },
        after: [],
    };
}

/** istio-cni sets up traffic redirection on the nodes, so that no workload needs NET_ADMIN to join the mesh. */
function cni(config: MeshConfig): Release {
    const { istio } = config;
    const { cni: version } = componentVersionsOf(istio);
    return {
        name: "istio-cni",
        namespace: NAMESPACES.system,
        chart: chartOf({ istio }, "cni", version),
        values: {
            global: { hub: mirrored(istio.hub, config), tag: istio.tag ?? version },
            ...fullImage(cniImage(config), config),
            // The chart's requests. The chart sets no limits.
            resources: { requests: { cpu: "100m", memory: "100Mi" }, limits: { memory: "512Mi" } },
        },
        after: ["istio-base"],
    };
}

/** An image with its digest, if the stack lists one: Istio's charts use a name with a slash unchanged. */
function fullImage(image: string, config: MeshConfig): { image?: string } {
    return pinOf(image, config) === undefined ? {} : { image: pinned(image, config) };
}

function istiod(platform: Platform, revision: Revision): Release {
    const { config } = platform;
    const { istio, sidecar, trustDomain } = config;
    const { values, env } = signing(config.certificates);
    const proxy = istioImage(config, "proxyv2", revision);
    return {
        name: istiodName(revision),
        namespace: NAMESPACES.system,
        chart: chartOf({ istio }, "istiod", revision.version),
        values: {
            revision: revision.name,
            global: {
                hub: mirrored(istio.hub, config),
                tag: revision.tag ?? istio.tag ?? revision.version,
                proxy: { resources: containerResources(sidecar), ...fullImage(proxy, config) },
                // Without istio-cni an init container of the same image sets up redirection.
                ...(pinOf(proxy, config) === undefined ? {} : { proxy_init: fullImage(proxy, config) }),
                // Without istiod no pod of the mesh starts, so it displaces others when nodes are short.
                priorityClassName: "system-cluster-critical",
                ...NO_READER,
            },
            ...fullImage(istioImage(config, "pilot", revision), config),
            base: { validationFailurePolicy: "Fail" },
            cni: { enabled: istio.cni },
            // A fixed number: an autoscaler's minimum would be the same, and a push storm is over before it scales.
            autoscaleEnabled: false,
            replicaCount: istio.replicas,
            resources: containerResources(istio.resources),
            seccompProfile: { type: "RuntimeDefault" },
            ...placement(config, "system", BEFORE_CNI),
            topologySpreadConstraints: spread({ app: "istiod", "istio.io/rev": revision.name }),
            // The chart creates none for a single replica. The default, minAvailable: 1, would let a drain wait for a pod
            // that is not ready and never will be.
            pdb: { maxUnavailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow" },
            // istiod removes a new node's startup taint once istio-cni is ready there.
            ...(hasPools(config) && istio.cni
                ? { taint: { enabled: true, namespace: NAMESPACES.system } }
                : {}),
            env: {
                // A native sidecar starts before init containers and outlives the application on shutdown.
                ENABLE_NATIVE_SIDECARS: "true",
                // A gateway gets only the clusters that its routes refer to.
                PILOT_FILTER_GATEWAY_CLUSTER_CONFIG: "true",
                // Hosts without key sets: this host and cloud metadata services. istiod must not fetch from them for
                // anyone.
                BLOCKED_CIDRS_IN_JWKS_URIS: "127.0.0.0/8,169.254.0.0/16,::1/128,fe80::/10",
                ...(istio.stockEnvoy ? STOCK_ENVOY.env : {}),
                ...env,
            },
            ...values,
            ...(istio.stockEnvoy ? { telemetry: STOCK_ENVOY.telemetry } : {}),
            meshConfig: {
                trustDomain,
                // A sidecar blocks hosts that are not in the service registry.
                outboundTrafficPolicy: { mode: "REGISTRY_ONLY" },
                // Normalizes once, as in RFC 3986: `/%61dmin` and `/x/../admin` become `/admin`. Slashes are neither
                // decoded nor merged, to preserve object keys and signatures; every ingress gateway and sidecar
                // rejects them instead (docs/adr/0027-canonical-paths.md).
                pathNormalization: { normalization: "BASE" },
                // Istio would retry twice, whatever the request. Only calls that the catalogue declares idempotent
                // are retried.
                defaultHttpRetryPolicy: { attempts: 0 },
                extensionProviders: [
                    EGRESS_LOG_PROVIDER,
                    MESH_LOG_PROVIDER,
                    ...tracesProvider(config),
                    ...limiterClusterProvider(platform),
                ],
                meshMTLS: { minProtocolVersion: "TLSV1_2" },
                defaultConfig: {
                    holdApplicationUntilProxyStarts: true,
                    proxyStatsMatcher: proxyStats(istio),
                    proxyMetadata: { ISTIO_META_DNS_CAPTURE: "true" },
                    ...(istio.drainSeconds === undefined ? {} : { drainDuration: `${istio.drainSeconds}s` }),
                },
            },
        },
        after: istio.cni ? ["istio-base", "istio-cni"] : ["istio-base"],
    };
}

export const controlPlane: Concern = {
    name: "control-plane",
    derive: deriveControlPlane,
    flows: controlPlaneFlows,
};

/** Istio: CRDs, istio-cni where nodes support it, and istiod, in two revisions during an upgrade. */
export class ControlPlane extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(controlPlane, platform, options);
    }
}
