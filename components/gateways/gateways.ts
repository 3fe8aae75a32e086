import { exposures } from "../../catalogue/query";
import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import type { Derived } from "../base/manifest";
import { GATEWAY_KEYS } from "../base/names";
import type { Platform } from "../base/platform";
import { gatewaysOf } from "./gateway";
import { release } from "./release";
import { route } from "./route";

function deriveGateways(platform: Platform): Derived {
    const { catalogue, config } = platform;
    const all = exposures(catalogue);
    const byGateway = GATEWAY_KEYS.map((key) => ({
        key,
        own: all.filter(({ exposure }) => exposure.gateway === key),
    }));
    return {
        releases: byGateway.map(({ key, own }) => release(key, own, config)),
        objects: [
            ...byGateway.flatMap(({ key, own }) => gatewaysOf(key, own, config)),
            ...all.map((edge) => route(edge, platform)),
        ],
    };
}

export const gateways: Concern = { name: "gateways", derive: deriveGateways };

/**
 * The ways in: a gateway for tenants and devices, one for staff, and one for the same network, each with a route for
 * each exposed host.
 */
export class Gateways extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(gateways, platform, options);
    }
}
