/** The call graph, as far as its names are known, for the rules on paths through it. */

import type { Catalogue } from "../model";
import { compare, sortedEntries } from "../order";
import { callSites } from "./sites";
import type { CallSite } from "./sites";

/** One service's dependence on another, and all its calls that make it so. */
export interface Step {
    readonly from: string;
    readonly to: string;
    readonly sites: readonly CallSite[];
}

/** Each service with its steps to others; services and steps by name. */
export type Graph = ReadonlyMap<string, readonly Step[]>;

/** The graph of the calls that `counts` picks, calls to oneself and to nowhere left out. */
export function graphOf(catalogue: Catalogue, counts: (site: CallSite) => boolean = () => true): Graph {
    const sitesOf = new Map<string, Map<string, CallSite[]>>();
    for (const [name] of sortedEntries(catalogue.services)) sitesOf.set(name, new Map());
    for (const site of callSites(catalogue)) {
        const { caller, call, callee } = site;
        if (callee === undefined || call.to === caller || !counts(site)) continue;
        const sites = sitesOf.get(caller)?.get(call.to);
        if (sites === undefined) sitesOf.get(caller)?.set(call.to, [site]);
        else sites.push(site);
    }
    return new Map([...sitesOf].map(([from, callees]) => [from, stepsOf(from, callees)]));
}

function stepsOf(from: string, callees: ReadonlyMap<string, CallSite[]>): Step[] {
    return [...callees].map(([to, sites]) => ({ from, to, sites })).sort((a, b) => compare(a.to, b.to));
}

/** The path from wherever `reachedBy` leads no further back, to `name`: the shortest, if a breadth-first search filled it. */
export function pathTo(name: string, reachedBy: ReadonlyMap<string, Step>): Step[] {
    const path: Step[] = [];
    for (let step = reachedBy.get(name); step !== undefined; step = reachedBy.get(step.from)) path.push(step);
    return path.reverse();
}
