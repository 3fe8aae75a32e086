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

/**
 * How calls travel: what each caller's sidecar knows of whom it calls, how long it waits and how often it tries, when
 * it gives up, and which version it reaches.
 */
export class Traffic extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(traffic, platform, options);
    }
}
