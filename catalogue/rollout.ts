/** How a new version of a service comes to its users, and what it is judged by on the way. */
import type { Port, Service } from "./model";
import { sortedEntries } from "./order";

/**
 * Figures of the business that a new version must not spoil. What a service must count for one is in
 * docs/delivery.md.
 * - `stream-start`: streams that start, of those asked for.
 * - `rebuffer`: the share of the time watched that a player waits.
 * - `alert-delivery`: how long an alert takes to whom it is for.
 * - `login`: logins that work, of those that should.
 * - `payment`: charges that work, of those that should.
 */
export type Kpi = "stream-start" | "rebuffer" | "alert-delivery" | "login" | "payment";

/** By what share of its users a new version is judged. */
export type Strategy =
    /** More of all requests, step by step. */
    | {
          readonly strategy: "progressive";
          /** Percent of the requests, each more than the one before. @default 5, 10, 25, 50 */
          readonly steps?: readonly number[];
      }
    /** None, until all are switched at once. */
    | {
          readonly strategy: "blue-green";
          /**
           * Whether it gets a copy meanwhile, whose answers nobody sees, of each request that may be done twice. The
           * others then follow with the promotion. @default false
           */
          readonly mirror?: boolean;
      }
    /** Those who have a cookie. */
    | { readonly strategy: "ab-test"; readonly cookie: { readonly name: string; readonly value: string } };

export type Rollout = Strategy & {
    /**
     * The port whose requests are shared out; what is asked at the others follows with the promotion.
     * @default the first by name that the mesh sees requests on
     */
    readonly port?: string;
    /** Whether somebody must say yes before anybody gets it, and again before all do. @default false */
    readonly approval?: boolean;
    /** @default none */
    readonly kpis?: readonly Kpi[];
    /** How many requests of a hundred may fail, as callers see it. @default 1 */
    readonly errorPercent?: number;
    /** What a new version is asked besides, where few users ask: without figures it goes back. @default nothing */
    readonly load?: Load;
};

/** Reads that change nothing, of an HTTP port. They count like those of users, in the business figures too. */
export interface Load {
    /** One that a GET which the port offers stands for, such as "/v1/integrations". */
    readonly path: `/${string}`;
    /** Requests a second; a whole number up to 100. */
    readonly perSecond: number;
}

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
