/** Checks that a stack's configuration and the catalogue fit together. */
import { exposures } from "../catalogue/query";
import { ConfigError } from "../config/load";
import { policyNames } from "./access/access";
import { drainProblems } from "./base/drain";
import { imageProblems } from "./shared/pods/images";
import { schemeProblems } from "./base/load-balancer-scheme";
import type { GatewayKey } from "./base/names";
import { manifestKey } from "./base/manifest";
import type { Platform } from "./base/platform";
import { chartProblems } from "./charts/check";
import { clusterProblems } from "./cluster/check";
import { CONCERNS } from "./concerns";

/** Returns every mistake of the configuration with regard to the catalogue, each with its fix. */
export function platformProblems(platform: Platform): string[] {
    return [
        ...clusterProblems(platform.config),
        ...imageProblems(platform),
        ...missingIssuers(platform),
        ...missingAdminCidrs(platform),
        ...missingJwksCidrs(platform),
        ...clientAddressProblems(platform),
        ...schemeProblems(platform.config),
        ...drainProblems(platform.config),
        ...dryRunProblems(platform),
        ...CONCERNS.flatMap(({ check }) => check?.(platform) ?? []),
    ];
}

/**
 * @param source the configuration's origin, for the message
 * @throws ConfigError with all problems at once
 */
export function assertPlatform(source: string, platform: Platform): void {
    const problems = platformProblems(platform);
    // Derived objects are only meaningful without mistakes.
    if (problems.length === 0)
        problems.push(
            ...collisions(platform),
            ...chartProblems(CONCERNS.flatMap(({ derive }) => [...derive(platform).releases])),
        );
    if (problems.length > 0) throw new ConfigError(source, problems);
}

function missingIssuers({ catalogue, config }: Platform): string[] {
    const tokenEdges = exposures(catalogue).filter(({ exposure }) => exposure.authentication === "jwt");
    if (tokenEdges.length === 0 || config.edge.issuers.length > 0) return [];
    const names = tokenEdges.map(({ service, exposure }) => `${exposure.host} (${service})`).join(", ");
    return [
        `edge.issuers: no issuer is configured, but ${names} require a token; ` +
            "add one with its issuer, its audiences, and jwksUri or jwks",
    ];
}

function missingAdminCidrs({ catalogue, config }: Platform): string[] {
    const atAdmin = exposures(catalogue).filter(
        ({ exposure }) => exposure.gateway === ("admin" satisfies GatewayKey),
    );
    if (atAdmin.length === 0 || config.edge.adminCidrs.length > 0) return [];
    const names = atAdmin.map(({ service, exposure }) => `${exposure.host} (${service})`).join(", ");
    return [
        `edge.adminCidrs: no CIDR block is listed from which ${names} can be reached; ` +
            "list the staff's networks, or 0.0.0.0/0 for any",
    ];
}

function missingJwksCidrs({ config: { edge } }: Platform): string[] {
    const fetched = edge.issuers.flatMap(({ jwksUri }) => jwksUri ?? []);
    if (fetched.length === 0 || edge.jwksCidrs.length > 0) return [];
    return [
        `edge.jwksCidrs: istiod fetches ${fetched.join(", ")}, but can reach no external address that is not listed; ` +
            "list the identity providers' CIDR blocks (0.0.0.0/0 for the whole Internet), or set jwks to the key sets",
    ];
}

/** A gateway that expects the PROXY protocol rejects clients that connect directly. */
function clientAddressProblems({ config: { edge, gateways, network } }: Platform): string[] {
    if (edge.clientAddress === "direct" || gateways.serviceType === "LoadBalancer") return [];
    // Load balancers that the stack does not create.
    if (network.loadBalancerCidrs.length > 0) return [];
    return [
        `edge.clientAddress: the gateways' Service is a ${gateways.serviceType}, so no load balancer speaks the ` +
            "PROXY protocol; set it to direct, or list your load balancers' addresses in network.loadBalancerCidrs",
    ];
}

function dryRunProblems(platform: Platform): string[] {
    const known = new Set(policyNames(platform));
    return platform.config.access.dryRun.flatMap((name) => {
        if (name.endsWith("/deny-all"))
            return [
                `access.dryRun: ${name} denies everything that is not allowed; without it, workloads that no other policy selects ` +
                    "are open; use dry-run mode for ALLOW policies, one at a time",
            ];
        if (known.has(name)) return [];
        return [
            `access.dryRun: there is no AuthorizationPolicy ${name}; ` +
                "`mesh render` writes all of them, as <namespace>/AuthorizationPolicy/<name>",
        ];
    });
}

/** Reports names that two concerns, or one of them twice, give to different objects. */
function collisions(platform: Platform): string[] {
    const first = new Map<string, string>();
    return CONCERNS.flatMap(({ name, derive }) => {
        const { releases, objects } = derive(platform);
        const keys = [
            ...objects.map(manifestKey),
            ...releases.map((release) => `${release.namespace}/Release/${release.name}`),
        ];
        return keys.flatMap((key) => {
            const other = first.get(key);
            first.set(key, name);
            return other === undefined
                ? []
                : [
                      `${key} is derived twice, by ${other} and by ${name}; rename the service, version or host that it is named after`,
                  ];
        });
    });
}
