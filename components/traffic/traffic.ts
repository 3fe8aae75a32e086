import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import type { Platform } from "../base/platform";
import { checkTraffic } from "./check";
import { destinationRules } from "./destination-rule";
import { faults } from "./fault";
import { hashesByPath } from "./hash-by-path";
import { sidecars } from "./sidecar";

export const traffic: Concern = {
    name: "traffic",
    derive: (platform) => ({
        releases: [],
        objects: [
            ...sidecars(platform),
            ...destinationRules(platform),
            ...hashesByPath(platform),
            ...faults(platform),
        ],
    }),
    check: (platform) => checkTraffic(platform, new Date()),
};

/** What a caller's proxy knows of each service: its Sidecar, circuit breakers and versions. */
export class Traffic extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(traffic, platform, options);
    }
}
