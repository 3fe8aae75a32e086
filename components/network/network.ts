import { sortedEntries } from "../../catalogue/order";
import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import { type Pods, workload } from "../base/flow";
import { DENY_ALL, MESHED_NAMESPACES, NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";
import { CLUSTER_NAMESPACE, MESHED_PODS, toDns } from "../shared/flows/parties";
import { policiesOf } from "./policies";

/**
 * NetworkPolicies for the flows of `concerns`. It is a separate concern, because it comes before every pod: in strict
 * mode the VPC CNI drops all that a pod sends until a policy selects the pod, and NetworkPolicies need no CRD.
 */
export function networkOf(concerns: readonly Concern[]): Concern {
    return {
        name: "network",
        formerly: { name: "access", component: "Access" },
        derive: (platform) => ({
            releases: [],
            objects: policiesOf(isolatedPods(platform), [
                // Every meshed pod needs DNS.
                toDns(...MESHED_PODS),
                ...concerns.flatMap(({ flows }) => flows?.(platform) ?? []),
            ]),
        }),
        anchors: ({ metadata }) => metadata.name === DENY_ALL || metadata.namespace === CLUSTER_NAMESPACE,
    };
}

/** Namespaces whose pods have only the flows that a policy allows, and services and stores, even without a flow. */
function isolatedPods({ catalogue }: Platform): Pods[] {
    return [
        ...[NAMESPACES.system, NAMESPACES.certificates, ...MESHED_NAMESPACES].map((namespace) => ({
            namespace,
            policy: DENY_ALL,
            isolated: true,
        })),
        ...sortedEntries(catalogue.services).map(([name]) => workload(NAMESPACES.services, name)),
        ...sortedEntries(catalogue.stores).map(([name]) => workload(NAMESPACES.stores, name)),
    ];
}

/** NetworkPolicies for the catalogue's calls, and for what pods need to start. */
export class Network extends ConcernComponent {
    public constructor(network: Concern, platform: Platform, options: ConcernOptions) {
        super(network, platform, options);
    }
}
