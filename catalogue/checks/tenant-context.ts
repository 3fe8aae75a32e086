/** `assertsTenant` of calls and `tenantContext: "service"` of ports require each other. */

import type { Catalogue, Port } from "../model";
import type { Problem } from "./problem";
import { type CallSite, callSites, portOwners } from "./sites";

export function checkTenantContext(catalogue: Catalogue): Problem[] {
    const asserting = callSites(catalogue).filter(({ call }) => call.assertsTenant === true);
    const asserted = new Set(asserting.map(({ call }) => `${call.to}.ports.${call.port}`));
    return [
        ...asserting.flatMap(untrustedAssertion),
        ...portOwners(catalogue)
            .flatMap(({ ports }) => ports)
            .filter(({ port, where }) => trustsCallers(port) && !asserted.has(where))
            .map(({ where, label }): Problem => ({
                rule: "unused-tenant-context",
                where,
                message: `${label} accepts a tenant from its callers (tenantContext: "service"), but no call has assertsTenant`,
                remedy: "Remove tenantContext, or set assertsTenant: true on the calls that name a tenant without its token.",
            })),
    ];
}

function untrustedAssertion({ caller, call, where, port }: CallSite): Problem[] {
    if (port === undefined || trustsCallers(port)) return [];
    return [
        {
            rule: "asserts-forwarded-tenant",
            where,
            message: `${caller} asserts a tenant, but the port ${call.port} of ${call.to} accepts only the tenant in the request's token`,
            remedy:
                port.protocol === "tcp"
                    ? "Remove assertsTenant: the mesh sees no headers on a TCP port."
                    : `Remove assertsTenant, or set tenantContext: "service" at ${call.to}.ports.${call.port}.`,
        },
    ];
}

function trustsCallers(port: Port): boolean {
    return port.protocol !== "tcp" && port.tenantContext === "service";
}
