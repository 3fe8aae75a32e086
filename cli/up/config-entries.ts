import { PROMETHEUS_IMAGE } from "../../config/versions";
import type { RunningNode, Toolchain } from "../../local";

type Entries = Record<string, unknown>;

/** The stack's configuration for the embedded node, with this machine's charts and images. */
export function onEmbeddedNode(
    entries: Entries,
    {
        charts,
        flaggerCharts,
        certManagerChart,
    }: Pick<Toolchain, "charts" | "flaggerCharts" | "certManagerChart">,
    { images }: Pick<RunningNode, "images">,
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
            charts: { from: "folder", path: charts },
            hub: images.istio.hub,
            tag: images.istio.tag,
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
