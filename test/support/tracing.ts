/** The local stack with a changed tracing configuration. */
import { join } from "node:path";
import { loadStackFile } from "../../config/load";
import type { MeshConfig } from "../../config/schema";

export const local = loadStackFile("local", join(__dirname, "..", ".."));

export type Tracing = MeshConfig["telemetry"]["tracing"];

export function withTracing(tracing: Partial<Tracing>): MeshConfig {
    return {
        ...local,
        telemetry: { ...local.telemetry, tracing: { ...local.telemetry.tracing, ...tracing } },
    };
}
