/** What an exposure says of its paths, its clients' headers and its tokens' tenants: where it would do nothing, or open something. */

import type { Catalogue } from "../model";
import type { Problem } from "./problem";
import { exposureSites } from "./sites";
import type { ExposureSite } from "./sites";

export function checkExposurePaths(catalogue: Catalogue): Problem[] {
    return exposureSites(catalogue).flatMap((site) => [...httpOnly(site), ...tenantProblems(site)]);
}

/** Of bytes a gateway reads neither path nor header. */
function httpOnly({ exposure, port, where }: ExposureSite): Problem[] {
    if (port === undefined) return [];
    const { host, paths, clientHeaders } = exposure;
    const withPaths = port.protocol === "http" || port.protocol === "ws";
    return [
        ...(paths !== undefined && !withPaths ? (["paths"] as const) : []),
        ...(clientHeaders !== undefined && port.protocol === "tcp" ? (["clientHeaders"] as const) : []),
    ].map((key) => ({
        rule: "not-http",
        where,
        message: `the host ${host} has ${key}, but leads to a port of the protocol ${port.protocol}`,
        remedy: `Remove ${key}: the gateway reads none there.`,
    }));
}

function tenantProblems({ exposure, where }: ExposureSite): Problem[] {
    const { host, authentication, requiresTenant, tenantPaths = [] } = exposure;
    if (requiresTenant === true && authentication !== "jwt") {
        return [
            {
                rule: "requires-tenant",
                where,
                message: `the host ${host} requires a token's tenant, but takes no token`,
                remedy: "Remove requiresTenant, or have the host take a JWT.",
            },
        ];
    }
    if (requiresTenant === false && tenantPaths.length > 0) {
        return [
            {
                rule: "requires-tenant",
                where,
                message: `the host ${host} has tenantPaths, and takes tokens that name no tenant`,
                remedy: "Remove requiresTenant: false, or the tenantPaths.",
            },
        ];
    }
    return [];
}
