import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import type { AuthorizationPolicyManifest } from "../base/manifest";
import { DENY_ALL } from "../base/names";
import type { Platform } from "../base/platform";
import { authorizationPolicies } from "./authorization";
import { canonicalPathsAtSidecars } from "./canonical-paths";
import { collectorAuthorization } from "./collector";
import { deliveryPolicies } from "./delivery";
import { policyName, withDryRun } from "./dry-run";
import { egressPolicies } from "./egress";
import { callFlows } from "./flows";
import { loadBalancersOnly } from "./load-balancers";
import { monitoringRights } from "./monitoring-rights";
import { prometheusPolicies } from "./monitoring";
import { rights } from "./rights";
import { tenantContext } from "./tenant-context/tenant-context";
import { viewers } from "./viewers";

export const access: Concern = {
    name: "access",
    derive: (platform) => ({
        releases: [],
        objects: [
            ...withDryRun(allPolicies(platform), platform.config.access.dryRun),
            ...canonicalPathsAtSidecars(platform),
            ...tenantContext(platform),
            ...rights(platform),
            ...monitoringRights(platform.config),
            ...viewers(),
        ],
    }),
    flows: callFlows,
    // Policies compare paths. Without these filters they would compare other paths than services see, and services
    // would accept any caller's tenant headers.
    anchors: ({ kind, metadata }) =>
        metadata.name === DENY_ALL || kind === "EnvoyFilter" || kind === "RequestAuthentication",
};

/** Returns all AuthorizationPolicies, as `<namespace>/<name>`. */
export function policyNames(platform: Platform): string[] {
    return allPolicies(platform).map(policyName);
}

function allPolicies(platform: Platform): AuthorizationPolicyManifest[] {
    return [
        ...authorizationPolicies(platform),
        ...loadBalancersOnly(platform.config),
        ...egressPolicies(platform),
        ...prometheusPolicies(platform.config),
        ...collectorAuthorization(platform),
        ...deliveryPolicies(platform),
    ];
}

/** Authorization: deny by default, and one ALLOW for each call of the catalogue, in the mesh and in the network. */
export class Access extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(access, platform, options);
    }
}
