import type { MeshConfig } from "../../../config/schema";
import { COST } from "./cost";
import { DELIVERY } from "./delivery";
import { FLOW } from "./flow";
import type { Board } from "./model";
import { OVERVIEW } from "./overview";
import { SECURITY } from "./security";
import { SERVICE } from "./service";

/**
 * What people look at. Every query of what the stack local has is run against the node's
 * Prometheus under traffic (`test/live/dashboards.test.ts`).
 */
export function boards({ delivery }: Pick<MeshConfig, "delivery">): readonly Board[] {
    return [OVERVIEW, SERVICE, SECURITY, FLOW, COST, ...(delivery.enabled ? [DELIVERY] : [])];
}
