import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import type { Platform } from "../base/platform";
import { checkTraffic } from "./check";
import { destinationRules } from "./destination-rule";
import { faults } from "./fault";
import { hashesByPath } from "./hash-by-path";
import { sidecars } from "./sidecar";
import { virtualServices } from "./virtual-service";

export const traffic: Concern = {
    name: "traffic",
    derive: (platform) => ({
        releases: [],
        objects: [
            ...sidecars(platform),
            ...destinationRules(platform),
            ...virtualServices(platform),
            ...hashesByPath(platform),
            ...faults(platform),
        ],
    }),
    check: (platform) => checkTraffic(platform, new Date()),
};

/** Routing of calls: each caller's Sidecar, timeouts, retries, circuit breakers and versions. */
export class Traffic extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(traffic, platform, options);
    }
}
