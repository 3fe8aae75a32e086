/** Calls with the same operations: their timeouts and retries would conflict. */

import type { Catalogue } from "../model";
import { overlap } from "../requests";
import type { Problem } from "./problem";
import { list } from "./problem";
import { callSites } from "./sites";
import type { CallSite } from "./sites";

/** Pairs of calls from one service to one port that share operations. */
export function checkOverlaps(catalogue: Catalogue): Problem[] {
    const earlier = new Map<string, CallSite[]>();
    const problems: Problem[] = [];
    for (const site of callSites(catalogue)) {
        const { caller, call, port } = site;
        if (port === undefined) continue;
        const key = JSON.stringify([caller, call.to, call.port]);
        const others = earlier.get(key) ?? [];
        for (const other of others) {
            const both = inCommon(other, site);
            if (both === undefined) continue;
            problems.push({
                rule: "duplicate-call",
                where: site.where,
                message: `${other.at} and ${site.at} both call the port ${call.port} of ${call.to}${both}`,
                remedy: "Merge the two calls, or list each operation in one of them only.",
            });
        }
        earlier.set(key, [...others, site]);
    }
    return problems;
}

/** The shared operations, as text; undefined if there are none. */
function inCommon({ call: a, port }: CallSite, { call: b }: CallSite): string | undefined {
    switch (port?.protocol) {
        case "http": {
            const both = (b.requests ?? []).filter((request) =>
                (a.requests ?? []).some((other) => overlap(request, other)),
            );
            return both.length === 0 ? undefined : ` for ${list(both)}`;
        }
        case "grpc": {
            const ofA = new Set(a.methods);
            const both = (b.methods ?? []).filter((method) => ofA.has(method));
            return both.length === 0 ? undefined : ` for ${list(both)}`;
        }
        case "ws":
        case "tcp":
        case undefined:
            return "";
    }
}
