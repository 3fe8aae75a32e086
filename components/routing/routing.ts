import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import type { Platform } from "../base/platform";
import { definesSubsetsFor } from "../base/subsets";
import { makesPodsFor } from "../shared/routing/pods";
import { virtualServices } from "./virtual-service";

export const routing: Concern = {
    name: "routing",
    formerly: { name: "traffic", component: "Traffic" },
    derive: (platform) => ({ releases: [], objects: virtualServices(platform) }),
    follows: (other, route) => definesSubsetsFor(other, route) || makesPodsFor(other, route),
};

/**
 * The VirtualService of each called service. A separate concern from the rest of traffic, which must exist before the
 * workloads: a route to a version must not exist before the version's pods.
 */
export class Routing extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(routing, platform, options);
    }
}
