import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import type { Platform } from "../base/platform";
import { DENY_ALL } from "./authorization";
import { CLUSTER_NAMESPACE, clusterNetworkPolicies } from "./cluster-pods";
import { networkPolicies } from "./network-policy";

/**
 * A separate concern, because it comes before every pod: in strict mode the VPC CNI drops all that a pod sends until
 * a policy selects the pod, and NetworkPolicies need no CRD.
 */
export const network: Concern = {
    name: "network",
    formerly: { name: "access", component: "Access" },
    derive: (platform) => ({
        releases: [],
        objects: [...networkPolicies(platform), ...clusterNetworkPolicies(platform.config)],
    }),
    anchors: ({ metadata }) => metadata.name === DENY_ALL || metadata.namespace === CLUSTER_NAMESPACE,
};

/** NetworkPolicies for the catalogue's calls, and for what pods need to start. */
export class Network extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(network, platform, options);
    }
}
