/** The call graph, for checks on paths through it. Unresolved calls are left out. */

import type { Catalogue } from "../model";
import { compare, sortedEntries } from "../order";
import { callSites } from "./sites";
import type { CallSite } from "./sites";

/** A service's dependency on another, with all its calls to it. */
export interface Dependency {
    readonly from: string;
    readonly to: string;
    readonly sites: readonly CallSite[];
}

/** Each service with its dependencies, both sorted by name. */
export type Graph = ReadonlyMap<string, readonly Dependency[]>;

/** The graph of the calls that `include` selects, without self-calls and unresolved calls. */
export function graphOf(catalogue: Catalogue, include: (site: CallSite) => boolean = () => true): Graph {
    const sitesOf = new Map<string, Map<string, CallSite[]>>();
    for (const [name] of sortedEntries(catalogue.services)) sitesOf.set(name, new Map());
    for (const site of callSites(catalogue)) {
        const { caller, call, callee } = site;
        if (callee === undefined || call.to === caller || !include(site)) continue;
        const sites = sitesOf.get(caller)?.get(call.to);
        if (sites === undefined) sitesOf.get(caller)?.set(call.to, [site]);
        else sites.push(site);
    }
    return new Map([...sitesOf].map(([from, callees]) => [from, dependenciesOf(from, callees)]));
}

function dependenciesOf(from: string, callees: ReadonlyMap<string, CallSite[]>): Dependency[] {
    return [...callees].map(([to, sites]) => ({ from, to, sites })).sort((a, b) => compare(a.to, b.to));
}

/** The path to `name`, following `reachedBy` back to its start; the shortest one after a breadth-first search. */
export function pathTo(name: string, reachedBy: ReadonlyMap<string, Dependency>): Dependency[] {
    const path: Dependency[] = [];
    for (
        let dependency = reachedBy.get(name);
        dependency !== undefined;
        dependency = reachedBy.get(dependency.from)
    )
        path.push(dependency);
    return path.reverse();
}
