/** The names that a stack's cluster looks up outside: the catalogue's hosts, what the mesh itself needs, and what nodes need. */
import { reachedHosts } from "../../../catalogue/query";
import type { EksConfig } from "../../../config/cluster";
import type { Platform } from "../../base/platform";

/** Sorted, each once; `*.` stands for all names below. */
export function lookedUp({ catalogue, config }: Platform, cluster: EksConfig): string[] {
    const { issuer } = config.certificates;
    const names = [
        ...reachedHosts(catalogue).map(({ host }) => host.host),
        ...config.edge.issuers.flatMap(({ jwksUri }) =>
            jwksUri === undefined ? [] : new URL(jwksUri).hostname,
        ),
        ...(issuer.from === "acme" ? [new URL(issuer.server).hostname] : []),
        // cert-manager looks up its own challenges.
        config.domain,
        `*.${config.domain}`,
        ...ofAws(cluster),
        ...cluster.dns.names,
    ];
    return [...new Set(names)].sort();
}

/** AWS' own endpoints in the region, EKS' API servers and nodes among them, and Route 53's, which is the same everywhere. */
function ofAws({ region }: EksConfig): string[] {
    return [
        `*.${region}.amazonaws.com`,
        `*.${region}.eks.amazonaws.com`,
        `*.${region}.compute.internal`,
        "route53.amazonaws.com",
    ];
}
