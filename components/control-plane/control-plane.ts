import type { MeshConfig } from "../../config/schema";
import { ISTIO_VERSION } from "../../config/versions";
import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import { chartOf, containerResources } from "../base/helm";
import { istioImage, pinned, pinOf } from "../base/images";
import type { Derived, Release } from "../base/manifest";
import { NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";
import { hasPools, placement } from "../base/pools";
import { EGRESS_LOG_PROVIDER } from "./egress-log";
import { limiterClusterProvider } from "./limiter-cluster";
import { signing } from "./signing";
import { istiodName, type Revision, stableRevision, tagWebhook } from "./revisions";
import { MESH_LOG_PROVIDER } from "./mesh-log";
import { proxyStats } from "./proxy-stats";
import { STOCK_ENVOY } from "./stock-envoy";
import { tracesProvider } from "./traces";

function deriveControlPlane(platform: Platform): Derived {
    const { config } = platform;
    const istiods = config.istio.revisions.map((revision) => istiod(platform, revision));
    const releases = [base(config), ...(config.istio.cni ? [cni(config)] : []), ...istiods];
    return { releases, objects: [tagWebhook(config)] };
}

/** Another cluster's istiod would read all Secrets here as `istio-reader-service-account`; the mesh is one cluster. */
const NO_READER = { enableReaderRBAC: false } as const;

/** Istio's CRDs and the default validating webhook. */
function base(config: MeshConfig): Release {
    return {
        name: "istio-base",
        namespace: NAMESPACES.system,
        chart: chartOf(config, "base"),
        values: {
            // istiod sets this once its webhook serves; said here, an upgrade does not open validation in between.
            base: { validationFailurePolicy: "Fail" },
            // Who validates what bears no revision. It moves with the tag, so that it never outlives its istiod.
            defaultRevision: stableRevision(config.istio),
            global: NO_READER,
        },
        after: [],
    };
}

/** Sets up traffic redirection on the nodes, so that no workload needs NET_ADMIN to join the mesh. */
function cni(config: MeshConfig): Release {
    const { istio } = config;
    const image = istioImage(config, "install-cni");
    return {
        name: "istio-cni",
        namespace: NAMESPACES.system,
        chart: chartOf({ istio }, "cni"),
        values: {
            global: { hub: istio.hub, tag: istio.tag ?? ISTIO_VERSION },
            ...fullImage(image, config),
            // The chart's own requests; it sets no limit.
            resources: { requests: { cpu: "100m", memory: "100Mi" }, limits: { memory: "512Mi" } },
        },
        after: ["istio-base"],
    };
}

/** An image with its digest, where it has one: Istio's charts take a name with a slash as it is. */
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
                hub: istio.hub,
                tag: revision.tag ?? istio.tag ?? revision.version,
                proxy: { resources: containerResources(sidecar), ...fullImage(proxy, config) },
                // Without istio-cni an init container of the same image sets up redirection.
                ...(pinOf(proxy, config) === undefined ? {} : { proxy_init: fullImage(proxy, config) }),
                ...NO_READER,
            },
            ...fullImage(istioImage(config, "pilot", revision), config),
            base: { validationFailurePolicy: "Fail" },
            cni: { enabled: istio.cni },
            // A fixed number: an autoscaler's floor would be the same, and a push storm is over before it scales.
            autoscaleEnabled: false,
            replicaCount: istio.replicas,
            resources: containerResources(istio.resources),
            seccompProfile: { type: "RuntimeDefault" },
            ...placement(config, "system"),
            // It lets meshed pods onto a new node once istio-cni runs there.
            ...(hasPools(config) && istio.cni
                ? { taint: { enabled: true, namespace: NAMESPACES.system } }
                : {}),
            env: {
                // A native sidecar is there before init containers and outlives the application on shutdown.
                ENABLE_NATIVE_SIDECARS: "true",
                // A gateway gets the clusters that its routes name, not those of the whole mesh.
                PILOT_FILTER_GATEWAY_CLUSTER_CONFIG: "true",
                // Where no key set is, so that none fetched from there could tell what is: this host, and a cloud's
                // metadata.
                BLOCKED_CIDRS_IN_JWKS_URIS: "127.0.0.0/8,169.254.0.0/16,::1/128,fe80::/10",
                ...(istio.stockEnvoy ? STOCK_ENVOY.env : {}),
                ...env,
            },
            ...values,
            ...(istio.stockEnvoy ? { telemetry: STOCK_ENVOY.telemetry } : {}),
            meshConfig: {
                trustDomain,
                // What is not in the registry does not exist for a sidecar.
                outboundTrafficPolicy: { mode: "REGISTRY_ONLY" },
                // Once, as RFC 3986 has it: `/%61dmin` and `/x/../admin` are `/admin`. Slashes are neither decoded nor merged,
                // so that object keys and signatures survive; every entry gateway and sidecar refuses them instead
                // (docs/adr/0027-one-reading-of-a-path.md).
                pathNormalization: { normalization: "BASE" },
                // Istio itself would retry twice, whatever the request does: only a call that the catalogue calls idempotent
                // is tried again.
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
                },
            },
        },
        after: istio.cni ? ["istio-base", "istio-cni"] : ["istio-base"],
    };
}

export const controlPlane: Concern = { name: "control-plane", derive: deriveControlPlane };

/** Istio itself: CRDs, the CNI plugin where nodes can have it, and istiod: two while one takes over from the other. */
export class ControlPlane extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(controlPlane, platform, options);
    }
}
