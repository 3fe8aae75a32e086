/**
 * Checks which tenant a service trusts: the token's, and otherwise only that of callers listed in the catalogue.
 * Derived from the catalogue alone, like all expectations.
 */
import type { Call } from "../../../catalogue/model";
import { callersOf, exposuresOf } from "../../../catalogue/query";
import { INGRESS_GATEWAYS, exposedHost } from "../../../components/base/names";
import type { Platform } from "../../../components/base/platform";
import type { Check, Destination, Expected, RequestContext, Source, WireRequest } from "../model";
import { PLACEHOLDER, tenantInPath } from "./patterns";
import { requestsFor, covers } from "./requests";

type Draft = Pick<Check, "request" | "expected" | "reason" | "host" | "sends">;

const OTHER_TENANT = "mesh-verify-other";
const TENANT = "x-tenant";
/** The other identity headers. Deliberately not shared with the program, to detect accidental renames. */
const OTHER_IDENTITY_HEADERS = ["x-roles", "x-plan", "x-subject"] as const;

/** The checks of a caller on a port that it calls or exposes. */
export function tenantContextChecks(
    platform: Platform,
    source: Source,
    destination: Destination,
    caller: string,
): Draft[] {
    if (destination.port.protocol === "tcp") return [];
    const calls = callersOf(platform.catalogue, destination.name)
        .filter((edge) => edge.caller === source.name && edge.portName === destination.portName)
        .map(({ call }) => call);
    const answered: Expected = { kind: "answered", caller };
    return [
        ...(source.kind === "service"
            ? calls.flatMap((call) => ofCall(platform, source, destination, call, answered))
            : []),
        ...(source.kind === "gateway" ? ofGateway(platform, source, destination) : []),
    ];
}

/** The user context that a request needs if its path names a tenant. */
export function tenantOfPath(
    { catalogue, config }: Platform,
    source: Source,
    { name, portName }: Destination,
    request: WireRequest,
    host?: string,
): RequestContext | undefined {
    const path = request.protocol === "http" ? request.path : undefined;
    if (path === undefined) return undefined;
    const [tenant] = exposuresOf(catalogue, name)
        .filter((edge) => edge.portName === portName)
        .filter(({ exposure }) => host === undefined || exposedHost(config, exposure.host) === host)
        .flatMap(({ exposure }) => exposure.tenantPaths ?? [])
        .flatMap((template) => tenantInPath(template, path));
    if (tenant === undefined) return undefined;
    const headers = { [TENANT]: tenant };
    return source.kind === "gateway" ? { headers } : { headers, token: tokenOf(tenant) };
}

function ofCall(
    platform: Platform,
    source: Source,
    destination: Destination,
    call: Call,
    answered: Expected,
): Draft[] {
    const [request] = requestsFor(destination.port, call);
    if (request === undefined) return [];
    const named = tenantOfPath(platform, source, destination, request)?.headers[TENANT];
    const expectedTenant = named ?? PLACEHOLDER;
    const asserts = call.assertsTenant === true;
    const edge = `${source.name} calls ${destination.name} on ${destination.portName}`;
    const seen = (tenant: string): Expected => ({ ...answered, headers: { [TENANT]: tenant } }) as Expected;
    const denied = (headers: RequestContext["headers"], token?: RequestContext["token"]): Draft => ({
        request,
        sends: { headers, ...(token === undefined ? {} : { token }) },
        expected: { kind: "rbac" },
        reason: `${edge} without assertsTenant: ${Object.keys(headers).join()} must match the token`,
    });
    const forwarded: Draft[] =
        platform.config.edge.issuers.length === 0
            ? []
            : [
                  {
                      request,
                      sends: { headers: { [TENANT]: expectedTenant }, token: tokenOf(expectedTenant) },
                      expected: seen(expectedTenant),
                      reason: `${edge}, with the token's tenant`,
                  },
              ];
    if (asserts) {
        // A tenant in the path must match the asserted one.
        const tenant = named ?? OTHER_TENANT;
        return [
            {
                request,
                sends: { headers: { [TENANT]: tenant } },
                expected: seen(tenant),
                reason: `${edge} with assertsTenant`,
            },
            ...forwarded,
        ];
    }
    return [
        ...[TENANT, ...OTHER_IDENTITY_HEADERS].map((header) =>
            denied({ ...(named === undefined ? {} : { [TENANT]: named }), [header]: OTHER_TENANT }),
        ),
        ...forwarded,
        ...(forwarded.length === 0 ? [] : [denied({ [TENANT]: OTHER_TENANT }, tokenOf(expectedTenant))]),
    ];
}

/** A gateway forwards the token's tenant, and the path must name the same tenant. */
function ofGateway({ catalogue, config }: Platform, source: Source, destination: Destination): Draft[] {
    return exposuresOf(catalogue, destination.name)
        .filter(({ portName, exposure }) => {
            return portName === destination.portName && INGRESS_GATEWAYS[exposure.gateway] === source.account;
        })
        .flatMap(({ exposure }) => {
            const host = exposedHost(config, exposure.host);
            const [request] = requestsFor(destination.port, exposure);
            const withoutTenant: Draft[] =
                exposure.authentication === "jwt" || request === undefined
                    ? []
                    : [
                          {
                              request,
                              host,
                              sends: { headers: { [TENANT]: OTHER_TENANT } },
                              expected: { kind: "rbac" },
                              reason: `${exposure.host} requires no token, so its gateway must not send a tenant`,
                          },
                      ];
            const paths = (exposure.tenantPaths ?? []).map((template) =>
                template.replace("{tenant}", PLACEHOLDER).replaceAll(/\{\*\*?\}/g, PLACEHOLDER),
            );
            const ofPaths = paths.flatMap((path): Draft[] => {
                const verb = (exposure.requests ?? []).find((pattern) =>
                    covers(pattern, { protocol: "http", method: pattern.split(" ", 1)[0] ?? "", path }),
                );
                if (verb === undefined) return [];
                return [
                    {
                        request: { protocol: "http", method: verb.split(" ", 1)[0] ?? "", path },
                        host,
                        sends: { headers: { [TENANT]: OTHER_TENANT } },
                        expected: { kind: "rbac" },
                        reason: `${exposure.host} names a tenant in its path, which ${destination.name} checks again`,
                    },
                ];
            });
            return [...withoutTenant, ...ofPaths];
        });
}

function tokenOf(tenant: string): NonNullable<RequestContext["token"]> {
    return { tenant, subject: `${PLACEHOLDER}-client` };
}
