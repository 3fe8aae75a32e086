/** What a stack's configuration and the catalogue must agree on, checked where the two first meet. */
import { exposures } from "../catalogue/query";
import { ConfigError } from "../config/load";
import { policyNames } from "./access/access";
import { imageProblems } from "./base/images";
import type { GatewayKey } from "./base/names";
import { manifestKey } from "./base/manifest";
import type { Platform } from "./base/platform";
import { chartProblems } from "./charts/check";
import { clusterProblems } from "./cluster/check";
import { CONCERNS } from "./concerns";

/** Everything in the configuration that does not suit the catalogue, with what to do about it. */
export function platformProblems(platform: Platform): string[] {
    return [
        ...clusterProblems(platform.config),
        ...imageProblems(platform),
        ...missingIssuers(platform),
        ...missingNetworks(platform),
        ...missingKeySetNetworks(platform),
        ...clientAddress(platform),
        ...dryRuns(platform),
        ...CONCERNS.flatMap(({ check }) => check?.(platform) ?? []),
    ];
}

/**
 * @param source names the configuration, for the message.
 * @throws ConfigError with all problems at once.
 */
export function assertPlatform(source: string, platform: Platform): void {
    const problems = platformProblems(platform);
    // Nothing can be said of what is derived from mistakes.
    if (problems.length === 0)
        problems.push(
            ...collisions(platform),
            ...chartProblems(CONCERNS.flatMap(({ derive }) => [...derive(platform).releases])),
        );
    if (problems.length > 0) throw new ConfigError(source, problems);
}

function missingIssuers({ catalogue, config }: Platform): string[] {
    const asking = exposures(catalogue).filter(({ exposure }) => exposure.authentication === "jwt");
    if (asking.length === 0 || config.edge.issuers.length > 0) return [];
    const names = asking.map(({ service, exposure }) => `${exposure.host} (${service})`).join(", ");
    return [
        `edge.issuers: no issuer is configured, and a token is asked for at ${names}; ` +
            "add one with its issuer, its audiences, and jwksUri or jwks",
    ];
}

function missingNetworks({ catalogue, config }: Platform): string[] {
    const atAdmin = exposures(catalogue).filter(
        ({ exposure }) => exposure.gateway === ("admin" satisfies GatewayKey),
    );
    if (atAdmin.length === 0 || config.edge.adminNetworks.length > 0) return [];
    const names = atAdmin.map(({ service, exposure }) => `${exposure.host} (${service})`).join(", ");
    return [
        `edge.adminNetworks: no network is listed from which ${names} may be asked; ` +
            "list the staff's networks, or say 0.0.0.0/0 for anywhere",
    ];
}

function missingKeySetNetworks({ config: { edge } }: Platform): string[] {
    const fetched = edge.issuers.flatMap(({ jwksUri }) => jwksUri ?? []);
    if (fetched.length === 0 || edge.keySetNetworks.length > 0) return [];
    return [
        `edge.keySetNetworks: istiod fetches ${fetched.join(", ")}, and may reach no network outside that is not listed; ` +
            "list the identity providers' networks (0.0.0.0/0 for the whole Internet), or give key sets as jwks",
    ];
}

/** A gateway that waits for the PROXY protocol understands no client that speaks to it directly. */
function clientAddress({ config: { edge, gateways, network } }: Platform): string[] {
    if (edge.clientAddress === "direct" || gateways.service === "LoadBalancer") return [];
    // Of one's own, which the stack does not make.
    if (network.loadBalancers.length > 0) return [];
    return [
        `edge.clientAddress: the gateways' Service is a ${gateways.service}, before which no load balancer speaks the ` +
            "PROXY protocol; set it to direct, or list your own load balancers' addresses as network.loadBalancers",
    ];
}

function dryRuns(platform: Platform): string[] {
    const known = new Set(policyNames(platform));
    return platform.config.access.dryRun.flatMap((name) => {
        if (name.endsWith("/deny-all"))
            return [
                `access.dryRun: ${name} is what denies whatever is not allowed, and without it a workload is open that no ` +
                    "other policy selects; try the policies that allow, one by one",
            ];
        if (known.has(name)) return [];
        return [
            `access.dryRun: there is no AuthorizationPolicy ${name}; ` +
                "`mesh render` writes all of them, as <namespace>/AuthorizationPolicy/<name>",
        ];
    });
}

/** Names that two concerns, or one of them twice, give to different things. */
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
                      `${key} is made twice, by ${other} and by ${name}; give the service, version or host that it is named after another name`,
                  ];
        });
    });
}
