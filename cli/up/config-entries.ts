import { componentVersionsOf } from "../../config/istio";
import type { MeshConfig } from "../../config/schema";
import { PROMETHEUS_IMAGE } from "../../config/versions";
import { ISTIO_VERSIONS, type RunningNode, type Toolchain } from "../../local";

type Entries = Record<string, unknown>;

/**
 * The stack's configuration for the embedded node, with this machine's charts and images.
 *
 * @param istioCharts the folder with a folder of Istio's charts for each version
 */
export function onEmbeddedNode(
    entries: Entries,
    { flaggerCharts, certManagerChart }: Pick<Toolchain, "flaggerCharts" | "certManagerChart">,
    { images }: Pick<RunningNode, "images">,
    istioCharts: string,
): Entries {
    const edge = section(entries, "edge");
    const observability = section(entries, "observability");
    return {
        ...entries,
        edge: {
            ...edge,
            rateLimit: {
                ...section(edge, "rateLimit"),
                image: images.ratelimit,
                redisImage: images.redis,
            },
        },
        delivery: {
            ...section(entries, "delivery"),
            charts: { from: "folder", path: flaggerCharts },
            image: images.flagger,
            loadTesterImage: images.loadtester,
        },
        istio: {
            ...section(entries, "istio"),
            charts: { from: "folder", path: `${istioCharts}/{version}` },
            hub: images.istio.hub,
            revisions: revisionsOf(entries).map((revision) => ({
                ...revision,
                tag: images.istio.tags[revision.version],
            })),
        },
        certificates: {
            ...section(entries, "certificates"),
            chart: { from: "folder", path: certManagerChart },
            hub: images.certManager.hub,
            tag: images.certManager.tag,
        },
        observability: {
            ...observability,
            prometheus: { ...section(observability, "prometheus"), image: images.prometheus },
        },
        workloads: { ...section(entries, "workloads"), image: images.standin },
    };
}

/**
 * The stack's configuration for a cluster that can pull the official Istio and cert-manager images. Their Envoy has all
 * filters and trusts the public CAs.
 */
export function onOtherCluster(entries: Entries, standInImage: string): Entries {
    const observability = section(entries, "observability");
    return {
        ...entries,
        istio: without(section(entries, "istio"), ["charts", "hub", "tag", "stockEnvoy"]),
        certificates: without(section(entries, "certificates"), ["chart", "hub", "tag", "startupCheck"]),
        egress: without(section(entries, "egress"), ["caSecret"]),
        observability: {
            ...observability,
            prometheus: { ...section(observability, "prometheus"), image: PROMETHEUS_IMAGE },
        },
        workloads: { ...section(entries, "workloads"), image: standInImage },
    };
}

type Revision = MeshConfig["istio"]["revisions"][number];

function revisionsOf(entries: Entries): readonly Revision[] {
    return (section(entries, "istio")["revisions"] ?? []) as readonly Revision[];
}

/**
 * The versions of Istio that the stack installs.
 *
 * @throws Error that names each version that the embedded node does not have
 */
export function embeddedIstioVersions(istio: MeshConfig["istio"]): readonly string[] {
    const { base, gateways } = componentVersionsOf(istio);
    const versions = [...new Set([...istio.revisions.map(({ version }) => version), base, gateways])];
    const missing = versions.filter((version) => !ISTIO_VERSIONS.includes(version));
    if (missing.length === 0) return versions;
    throw new Error(
        `Pulumi.local.yaml: sparc-mesh:istio: the embedded node has no Istio ${missing.join(", ")}; ` +
            `it has ${ISTIO_VERSIONS.join(", ")} (docs/reference/embedded-node.md)`,
    );
}

/**
 * Replaces each empty key set of the stack's configuration with this machine's keys, so that the gateways accept tokens
 * signed by this machine.
 */
export function withKeys(entries: Entries, jwks: string): Entries {
    const edge = section(entries, "edge");
    const { issuers } = edge;
    if (!Array.isArray(issuers)) return entries;
    return { ...entries, edge: { ...edge, issuers: issuers.map((issuer: unknown) => keyed(issuer, jwks)) } };
}

function keyed(issuer: unknown, jwks: string): unknown {
    if (typeof issuer !== "object" || issuer === null) return issuer;
    return (issuer as Entries)["jwks"] === EMPTY_JWKS ? { ...issuer, jwks } : issuer;
}

/** An empty key set, which `make up` fills. */
export const EMPTY_JWKS = '{"keys":[]}';

function section(entries: Entries, key: string): Entries {
    const value = entries[key];
    return typeof value === "object" && value !== null ? (value as Entries) : {};
}

function without(entries: Entries, keys: readonly string[]): Entries {
    return Object.fromEntries(Object.entries(entries).filter(([key]) => !keys.includes(key)));
}
