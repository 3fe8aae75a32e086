/** How a new version of a service comes to its users, and what it is judged by on the way. */
import type { z } from "zod";
import type { Immutable, Port, Service } from "./model";
import { sortedEntries } from "./order";
import type { kpi, load, rollout } from "./schema/rollout";

/** Business metrics that a new version must not degrade. */
export type Kpi = z.infer<typeof kpi>;
/** How a new version reaches users. */
export type Rollout = Immutable<z.infer<typeof rollout>>;
/** Additional requests to a new version. */
export type Load = Immutable<z.infer<typeof load>>;

/** What is said of a service that says nothing. */
const DEFAULT: Rollout = { strategy: "progressive" };
export const STEPS: readonly number[] = [5, 10, 25, 50];
export const ERROR_PERCENT = 1;

/** How a service is rolled out, and the port whose requests are shared out. */
export interface RolledOut {
    readonly rollout: Rollout;
    readonly portName: string;
    readonly port: Exclude<Port, { readonly protocol: "tcp" }>;
}

/** Undefined where the mesh sees no requests to share out. */
export function rolloutOf({ ports, rollout = DEFAULT }: Service): RolledOut | undefined {
    for (const [portName, port] of sortedEntries(ports)) {
        if (port.protocol === "tcp" || (rollout.port !== undefined && rollout.port !== portName)) continue;
        return { rollout, portName, port };
    }
    return undefined;
}
