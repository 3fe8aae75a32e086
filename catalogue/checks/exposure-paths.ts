/** `paths`, `clientHeaders` and tenant settings of exposures that have no effect or contradict each other. */

import type { Catalogue } from "../model";
import type { Problem } from "./problem";
import { exposureSites } from "./sites";
import type { ExposureSite } from "./sites";

export function checkExposurePaths(catalogue: Catalogue): Problem[] {
    return exposureSites(catalogue).flatMap((site) => [...httpOnly(site), ...tenantProblems(site)]);
}

/** The gateway does not parse paths or headers of TCP traffic. */
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
        remedy: `Remove ${key}: the gateway does not parse them there.`,
    }));
}

function tenantProblems({ exposure, where }: ExposureSite): Problem[] {
    const { host, authentication, requiresTenant, tenantPaths = [] } = exposure;
    if (requiresTenant === true && authentication !== "jwt") {
        return [
            {
                rule: "requires-tenant",
                where,
                message: `the host ${host} has requiresTenant: true, but does not authenticate by JWT`,
                remedy: 'Remove requiresTenant, or set authentication: "jwt".',
            },
        ];
    }
    if (requiresTenant === false && tenantPaths.length > 0) {
        return [
            {
                rule: "requires-tenant",
                where,
                message: `the host ${host} has tenantPaths, but accepts tokens without a tenant`,
                remedy: "Remove requiresTenant: false or tenantPaths.",
            },
        ];
    }
    return [];
}
