import { COST } from "./cost";
import { FLOW } from "./flow";
import type { Board } from "./model";
import { OVERVIEW } from "./overview";
import { SECURITY } from "./security";
import { SERVICE } from "./service";

/** What people look at. Every query is run against the node's Prometheus under traffic (`test/live/dashboards.test.ts`). */
export const BOARDS: readonly Board[] = [OVERVIEW, SERVICE, SECURITY, FLOW, COST];
