import { exposures } from "../../catalogue/query";
import { type Concern, ConcernComponent, type ConcernOptions } from "../base/concern";
import type { Derived } from "../base/manifest";
import { GATEWAY_KEYS } from "../base/names";
import type { Platform } from "../base/platform";
import { makesPodsFor } from "../shared/routing/pods";
import { gatewayFlows } from "./flows";
import { gatewaysOf } from "./gateway";
import { release } from "./release";
import { route } from "./route";

function deriveGateways(platform: Platform): Derived {
    const { catalogue, config } = platform;
    const all = exposures(catalogue);
    const byGateway = GATEWAY_KEYS.map((key) => ({
        key,
        gatewayEdges: all.filter(({ exposure }) => exposure.gateway === key),
    }));
    return {
        releases: byGateway.map(({ key, gatewayEdges }) => release(key, gatewayEdges, config)),
        objects: [
            ...byGateway.flatMap(({ key, gatewayEdges }) => gatewaysOf(key, gatewayEdges, config)),
            ...all.map((edge) => route(edge, platform)),
        ],
    };
}

export const gateways: Concern = {
    name: "gateways",
    derive: deriveGateways,
    flows: gatewayFlows,
    follows: makesPodsFor,
};

/**
 * The ingress gateways, for tenants and devices, for staff, and for the private network, with a route for each
 * exposed host.
 */
export class Gateways extends ConcernComponent {
    constructor(platform: Platform, options: ConcernOptions) {
        super(gateways, platform, options);
    }
}
