/**
 * Whose word on the tenant a service takes: the token's, and beside it only that of callers whom the catalogue lists.
 * Judged from the catalogue alone, as all expectations are.
 */
import type { Call } from "../../../catalogue/model";
import { callersOf, exposuresOf } from "../../../catalogue/query";
import { ENTRY_GATEWAYS, exposedHost } from "../../../components/base/names";
import type { Platform } from "../../../components/base/platform";
import type { Check, Destination, Expected, Sent, Source, WireRequest } from "../model";
import { MADE_UP, asked, covers } from "./requests";

type Draft = Pick<Check, "request" | "expected" | "because" | "host" | "sends">;

const OTHER_TENANT = "mesh-verify-other";
const TENANT = "x-tenant";
/** What else services read of a token: written anew, so that a header renamed by mistake is seen. */
const ALSO = ["x-roles", "x-plan", "x-subject"] as const;

/** Of one caller and one port of a service that it calls, or that it exposes. */
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

/** What a caller must send with a request whose path names a tenant, for it to be answered. */
export function tenantOfPath(
    { catalogue, config }: Platform,
    source: Source,
    { name, portName }: Destination,
    request: WireRequest,
    host?: string,
): Sent | undefined {
    const path = request.protocol === "http" ? request.path : undefined;
    if (path === undefined) return undefined;
    const [tenant] = exposuresOf(catalogue, name)
        .filter((edge) => edge.portName === portName)
        .filter(({ exposure }) => host === undefined || exposedHost(config, exposure.host) === host)
        .flatMap(({ exposure }) => exposure.tenantPaths ?? [])
        .flatMap((template) => namedBy(template, path));
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
    const [request] = asked(destination.port, call);
    if (request === undefined) return [];
    const named = tenantOfPath(platform, source, destination, request)?.headers[TENANT];
    const own = named ?? MADE_UP;
    const asserts = call.assertsTenant === true;
    const edge = `${source.name} calls ${destination.name} on ${destination.portName}`;
    const seen = (tenant: string): Expected => ({ ...answered, headers: { [TENANT]: tenant } }) as Expected;
    const refused = (headers: Sent["headers"], token?: Sent["token"]): Draft => ({
        request,
        sends: { headers, ...(token === undefined ? {} : { token }) },
        expected: { kind: "rbac" },
        because: `${edge}, and asserts no tenant there: ${Object.keys(headers).join()} must be what the token says`,
    });
    const forwarded: Draft[] =
        platform.config.edge.issuers.length === 0
            ? []
            : [
                  {
                      request,
                      sends: { headers: { [TENANT]: own }, token: tokenOf(own) },
                      expected: seen(own),
                      because: `${edge}, with the tenant that the token names`,
                  },
              ];
    if (asserts) {
        // A path's tenant must be the one that the caller asserts.
        const tenant = named ?? OTHER_TENANT;
        return [
            {
                request,
                sends: { headers: { [TENANT]: tenant } },
                expected: seen(tenant),
                because: `${edge}, and may assert a tenant there`,
            },
            ...forwarded,
        ];
    }
    return [
        ...[TENANT, ...ALSO].map((header) =>
            refused({ ...(named === undefined ? {} : { [TENANT]: named }), [header]: OTHER_TENANT }),
        ),
        ...forwarded,
        ...(forwarded.length === 0 ? [] : [refused({ [TENANT]: OTHER_TENANT }, tokenOf(own))]),
    ];
}

/** A gateway tells what a token says, and a path must name the same. */
function ofGateway({ catalogue, config }: Platform, source: Source, destination: Destination): Draft[] {
    return exposuresOf(catalogue, destination.name)
        .filter(({ portName, exposure }) => {
            return portName === destination.portName && ENTRY_GATEWAYS[exposure.gateway] === source.account;
        })
        .flatMap(({ exposure }) => {
            const host = exposedHost(config, exposure.host);
            const [request] = asked(destination.port, exposure);
            const untold: Draft[] =
                exposure.authentication === "jwt" || request === undefined
                    ? []
                    : [
                          {
                              request,
                              host,
                              sends: { headers: { [TENANT]: OTHER_TENANT } },
                              expected: { kind: "rbac" },
                              because: `${exposure.host} takes no token, so that its gateway has no tenant to tell`,
                          },
                      ];
            const paths = (exposure.tenantPaths ?? []).map((template) =>
                template.replace("{tenant}", MADE_UP).replaceAll(/\{\*\*?\}/g, MADE_UP),
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
                        because: `${exposure.host} names a tenant in its path, and ${destination.name} judges it once more`,
                    },
                ];
            });
            return [...untold, ...ofPaths];
        });
}

function tokenOf(tenant: string): NonNullable<Sent["token"]> {
    return { tenant, subject: `${MADE_UP}-client` };
}

/** The tenant that a path names by a template: whatever stands behind it. */
function namedBy(template: string, path: string): string[] {
    const wanted = template.split("/");
    const place = wanted.indexOf("{tenant}");
    const given = path.split("/");
    const fits = wanted
        .slice(0, place)
        .every((segment, index) => segment === given[index] || (segment === "{*}" && given[index] !== ""));
    const tenant = given[place] ?? "";
    return fits && tenant !== "" ? [tenant] : [];
}
