/** How a new version of a service is rolled out, and which metrics it must pass. */
import type { z } from "zod";
import type { Immutable, Port, Service } from "./model";
import { sortedEntries } from "./order";
import type { kpi, load, rollout } from "./schema/rollout";

/** A business metric that a new version must not degrade. */
export type Kpi = z.infer<typeof kpi>;
/** How a new version reaches users. */
export type RolloutPolicy = Immutable<z.infer<typeof rollout>>;
/** Synthetic requests to a new version. */
export type Load = Immutable<z.infer<typeof load>>;

/** The policy of a service without a `rollout`. */
const DEFAULT: RolloutPolicy = { strategy: "progressive" };
export const DEFAULT_STEP_WEIGHTS: readonly number[] = [5, 10, 25, 50];
export const DEFAULT_ERROR_PERCENT = 1;

/**
 * The suffixes that a rollout appends to a service's name: for the Service in front of both versions, and for the
 * primary and the canary. No name in the catalogue ends in one of them.
 */
export const ROLLOUT_SUFFIXES = { apex: "-rollout", primary: "-primary", canary: "-canary" } as const;

/** How a service is rolled out, and the port whose traffic is split. */
export interface RolloutTarget {
    readonly rollout: RolloutPolicy;
    readonly portName: string;
    readonly port: Exclude<Port, { readonly protocol: "tcp" }>;
}

/** Undefined if the mesh sees no requests that it could split. */
export function rolloutOf({ ports, rollout = DEFAULT }: Service): RolloutTarget | undefined {
    for (const [portName, port] of sortedEntries(ports)) {
        if (port.protocol === "tcp" || (rollout.port !== undefined && rollout.port !== portName)) continue;
        return { rollout, portName, port };
    }
    return undefined;
}
