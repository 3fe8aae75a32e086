import type { MeshConfig } from "../../../config/schema";
import { COST } from "./cost";
import { DELIVERY } from "./delivery";
import { FLOW } from "./flow";
import type { Board } from "./model";
import { OVERVIEW } from "./overview";
import { SECURITY } from "./security";
import { SERVICE } from "./service";

/**
 * All dashboards. `test/live/dashboards.test.ts` runs every query of the local stack's against its Prometheus under
 * traffic.
 */
export function boards({ delivery }: Pick<MeshConfig, "delivery">): readonly Board[] {
    return [OVERVIEW, SERVICE, SECURITY, FLOW, COST, ...(delivery.enabled ? [DELIVERY] : [])];
}
