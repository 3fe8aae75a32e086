/** Rate limits of hosts and of plans. */

import { SECONDS_PER } from "../durations";
import type { Catalogue, Rate } from "../model";
import { sortedEntries } from "../order";
import type { Problem } from "./problem";
import { exposureSites } from "./sites";
import type { ExposureSite } from "./sites";

/** The plan of tokens without a plan, or with an unknown one. */
const DEFAULT = "default";

/** Rate limits on unsupported protocols; contradictory plans; a missing default plan. */
export function checkLimits(catalogue: Catalogue): Problem[] {
    return [...exposureSites(catalogue).flatMap(hostLimits), ...planProblems(catalogue)];
}

function hostLimits({ exposure: { host, rateLimit }, port, where }: ExposureSite): Problem[] {
    if (rateLimit === undefined || port === undefined) return [];
    if (port.protocol === "http" || port.protocol === "grpc") return [];
    return [
        {
            rule: "rate-limit",
            where,
            message: `the host ${host} has a rateLimit, but leads to a port of the protocol ${port.protocol}`,
            remedy: "Remove rateLimit: the gateway counts HTTP and gRPC requests only.",
        },
    ];
}

function planProblems({ plans = {} }: Catalogue): Problem[] {
    const all = sortedEntries(plans);
    const problems = all.flatMap(([name, { tenant, client }]) => {
        const where = `plans.${name}`;
        if (perSecond(client) <= perSecond(tenant)) return [];
        return [
            {
                rule: "plan",
                where,
                message: `in the plan ${name} the limit of one client is higher than its tenant's`,
                remedy: "Lower the client's limit, or raise the tenant's.",
            },
        ];
    });
    if (all.length === 0 || Object.hasOwn(plans, DEFAULT)) return problems;
    return [
        {
            rule: "plan",
            where: "plans",
            message: `the plan ${DEFAULT} is missing, so tokens without a plan or with an unknown one have no limit`,
            remedy: `Add a plan ${DEFAULT}.`,
        },
        ...problems,
    ];
}

function perSecond({ requests, per }: Rate): number {
    return requests / SECONDS_PER[per];
}
