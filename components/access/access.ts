import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import type { AuthorizationPolicyManifest, Manifest } from "../base/manifest";
import { NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";
import { FLAGGER } from "../base/rollouts";
import { DENY_ALL, authorizationPolicies } from "./authorization";
import { collectorAuthorization } from "./collector";
import { deliveryPolicies } from "./delivery";
import { policyName, withDryRun } from "./dry-run";
import { egressPolicies } from "./egress";
import { prometheusPolicies } from "./monitoring";
import { networkPolicies } from "./network-policy";
import { rights } from "./rights";

export const access: Concern = {
    name: "access",
    derive: (platform) => ({
        releases: [],
        objects: [
            ...withDryRun(allPolicies(platform), platform.config.access.dryRun),
            ...networkPolicies(platform),
            ...rights(platform),
        ],
    }),
    anchors: (object) => object.metadata.name === DENY_ALL || letsFlaggerWork(object),
};

/** A Canary that goes is taken apart by Flagger, which must still be let into the API server then: else it hangs. */
function letsFlaggerWork({ kind, metadata: { name, namespace } }: Manifest): boolean {
    const right = (kind === "Role" || kind === "RoleBinding") && name === FLAGGER.name;
    return right || (kind === "NetworkPolicy" && namespace === NAMESPACES.delivery);
}

/** All AuthorizationPolicies, as `<namespace>/<name>`. */
export function policyNames(platform: Platform): string[] {
    return allPolicies(platform).map(policyName);
}

function allPolicies(platform: Platform): AuthorizationPolicyManifest[] {
    return [
        ...authorizationPolicies(platform),
        ...egressPolicies(platform),
        ...prometheusPolicies(platform.config),
        ...collectorAuthorization(platform),
        ...deliveryPolicies(platform),
    ];
}

/** Who may ask whom: deny by default, and one ALLOW for each call of the catalogue, in the mesh and in the network. */
export class Access extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(access, platform, options);
    }
}
