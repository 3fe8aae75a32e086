/**
 * The external names that a stack's cluster resolves: the catalogue's hosts, and those that the mesh and the nodes
 * need.
 */
import { reachableHosts } from "../../../catalogue/query";
import type { EksConfig } from "../../../config/cluster";
import type { Platform } from "../../base/platform";

/** Sorted and unique; `*.` stands for all subdomains. */
export function resolvableNames({ catalogue, config }: Platform, cluster: EksConfig): string[] {
    const { issuer } = config.certificates;
    const names = [
        ...reachableHosts(catalogue).map(({ host }) => host.host),
        ...config.edge.issuers.flatMap(({ jwksUri }) =>
            jwksUri === undefined ? [] : new URL(jwksUri).hostname,
        ),
        ...(issuer.from === "acme" ? [new URL(issuer.server).hostname] : []),
        // cert-manager checks its DNS-01 challenges.
        config.domain,
        `*.${config.domain}`,
        ...ofAws(cluster),
        ...cluster.dns.allowedDomains,
    ];
    return [...new Set(names)].sort();
}

/** AWS endpoints of the region, including those of EKS' API servers and nodes, and Route 53's global one. */
function ofAws({ region }: EksConfig): string[] {
    return [
        `*.${region}.amazonaws.com`,
        `*.${region}.eks.amazonaws.com`,
        `*.${region}.compute.internal`,
        "route53.amazonaws.com",
    ];
}
