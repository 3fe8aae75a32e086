/** Callers assert a tenant only where the callee takes their word for it, and a port takes words only if somebody gives one. */

import type { Catalogue, Port } from "../model";
import type { Problem } from "./problem";
import { type CallSite, callSites, portOwners } from "./sites";

export function checkTenantContext(catalogue: Catalogue): Problem[] {
    const asserting = callSites(catalogue).filter(({ call }) => call.assertsTenant === true);
    const asserted = new Set(asserting.map(({ call }) => `${call.to}.ports.${call.port}`));
    return [
        ...asserting.flatMap(notTaken),
        ...portOwners(catalogue)
            .flatMap(({ ports }) => ports)
            .filter(({ port, where }) => takesWord(port) && !asserted.has(where))
            .map(({ where, who }): Problem => ({
                rule: "nobody-asserts",
                where,
                message: `${who} takes its callers' word on the tenant (tenantContext: "service"), but no call asserts one`,
                remedy: "Remove tenantContext, or write assertsTenant: true at the calls that name a tenant without its token.",
            })),
    ];
}

function notTaken({ caller, call, where, port }: CallSite): Problem[] {
    if (port === undefined || takesWord(port)) return [];
    return [
        {
            rule: "asserts-forwarded-tenant",
            where,
            message: `${caller} asserts a tenant, but the port ${call.port} of ${call.to} takes only what the token in the request says`,
            remedy:
                port.protocol === "tcp"
                    ? "Remove assertsTenant: the mesh sees no headers on a TCP port."
                    : `Remove assertsTenant, or write tenantContext: "service" at ${call.to}.ports.${call.port}.`,
        },
    ];
}

function takesWord(port: Port): boolean {
    return port.protocol !== "tcp" && port.tenantContext === "service";
}
