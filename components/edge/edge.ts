import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import type { Platform } from "../base/platform";
import { clientHeaders } from "./headers";
import { tenantFilters } from "./tenants";
import { requestAuthentications } from "./tokens";

export const edge: Concern = {
    name: "edge",
    derive: (platform) => ({
        releases: [],
        objects: [clientHeaders(), ...requestAuthentications(platform), ...tenantFilters(platform)],
    }),
    // Without these a gateway would take anyone's word for who they are.
    anchors: () => true,
};

/** What the gateways ask of clients: whose token it is, which tenant's, and how many requests. */
export class Edge extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(edge, platform, options);
    }
}
