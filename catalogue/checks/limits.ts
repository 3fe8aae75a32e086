/** How much may be asked: at each host, and by each plan. */

import type { Catalogue, Rate } from "../model";
import { sortedEntries } from "../order";
import type { Problem } from "./problem";
import { exposureSites } from "./sites";
import type { ExposureSite } from "./sites";

const SECONDS: Readonly<Record<Rate["per"], number>> = { second: 1, minute: 60, hour: 3600, day: 86_400 };

/** The plan that holds where a token names none, or none that there is. */
const DEFAULT = "default";

/** Limits where none can be; plans that contradict themselves, or leave somebody out. */
export function checkLimits(catalogue: Catalogue): Problem[] {
    return [...exposureSites(catalogue).flatMap(hostLimits), ...planProblems(catalogue)];
}

function hostLimits({ exposure: { host, limit }, port, where }: ExposureSite): Problem[] {
    if (limit === undefined || port === undefined) return [];
    if (port.protocol === "http" || port.protocol === "grpc") return [];
    return [
        {
            rule: "limit",
            where,
            message: `the host ${host} limits requests, of which the gateway sees none there`,
            remedy: "Remove the limit: only HTTP and gRPC requests can be counted.",
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
                message: `in the plan ${name} one client may ask for more than its whole tenant`,
                remedy: "Lower the client's limit, or raise the tenant's.",
            },
        ];
    });
    if (all.length === 0 || Object.hasOwn(plans, DEFAULT)) return problems;
    return [
        {
            rule: "plan",
            where: "plans",
            message: `there is no plan ${DEFAULT}, so that a token that names none of the plans has no limit`,
            remedy: `Add a plan ${DEFAULT}.`,
        },
        ...problems,
    ];
}

function perSecond({ requests, per }: Rate): number {
    return requests / SECONDS[per];
}
