import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import type { Platform } from "../base/platform";
import { sidecars } from "./sidecar";

export const traffic: Concern = {
    name: "traffic",
    derive: (platform) => ({ releases: [], objects: sidecars(platform) }),
};

/** How calls travel: what each caller's sidecar knows of whom it calls. */
export class Traffic extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(traffic, platform, options);
    }
}
