import { type ExposureEdge, exposures } from "../../catalogue/query";
import { claimPath } from "../../config/edge";
import type { MeshConfig } from "../../config/schema";
import { isHost } from "../base/canonical-paths";
import { typed } from "../base/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { GATEWAY_KEYS, GATEWAY_PORTS, exposedHost } from "../base/names";
import type { Platform } from "../base/platform";
import { PRIORITY, beforeRouter, envoyFilter } from "./envoy";

/** Text that names one tenant: not empty, no list, nothing that a path or a header would split, no control character. */
const ONE_TENANT =
    "[^\\x00-\\x20\\x7f,;/\\\\%?#\"'<>{}\\[\\]](?:[^\\x00-\\x1f\\x7f,;/\\\\%?#\"'<>{}\\[\\]]*[^\\x00-\\x20\\x7f,;/\\\\%?#\"'<>{}\\[\\]])?";

/**
 * At hosts of tenants lets pass only tokens that name one tenant. A service behind them would take a request without
 * `x-tenant` for nobody's or for everybody's, and a list comes to it as Base64. An AuthorizationPolicy cannot tell text from
 * a list that holds it (`request.auth.claims`), Envoy's own RBAC can.
 */
export function plainTenantFilters({ catalogue, config }: Platform): EnvoyFilterManifest[] {
    const scoped = exposures(catalogue).filter(requiresTenant);
    return GATEWAY_KEYS.flatMap((key) => {
        const own = scoped.filter(({ exposure }) => exposure.gateway === key);
        if (own.length === 0) return [];
        return [
            envoyFilter(`${key}-plain-tenant`, key, PRIORITY.tokens, [
                beforeRouter("sparc.plain_tenant", plainTenant(own, config)),
            ]),
        ];
    });
}

/** Whether an exposure's tokens must name one tenant. */
export function requiresTenant({ exposure, port }: ExposureEdge): boolean {
    const { authentication, gateway, requiresTenant: said } = exposure;
    if (authentication !== "jwt" || port.protocol === "tcp") return false;
    return said ?? gateway === "public";
}

function plainTenant(edges: readonly ExposureEdge[], config: MeshConfig): Record<string, unknown> {
    const hosts = edges.map(({ exposure }) => isHost(exposedHost(config, exposure.host)));
    return typed("filters.http.rbac.v3.RBAC", {
        rules: {
            action: "ALLOW",
            policies: {
                "another-host": {
                    permissions: [{ not_rule: { or_rules: { rules: hosts } } }],
                    principals: [{ any: true }],
                },
                // Nothing is routed on that port, whose clients are sent to HTTPS. Behind the PROXY protocol a client's port is
                // a claim, so that a request inside TLS, which always has a name in its greeting, does not count.
                redirect: {
                    permissions: [
                        {
                            and_rules: {
                                rules: [
                                    { destination_port: GATEWAY_PORTS.http },
                                    { requested_server_name: { exact: "" } },
                                ],
                            },
                        },
                    ],
                    principals: [{ any: true }],
                },
                "one-tenant": {
                    permissions: [{ any: true }],
                    principals: config.edge.issuers.map(({ issuer, claims }) => ({
                        and_ids: {
                            ids: [
                                claim(["iss"], { exact: issuer }),
                                claim(claimPath(claims.tenant), { safe_regex: { regex: ONE_TENANT } }),
                            ],
                        },
                    })),
                },
            },
        },
    });
}

/** A claim of the token that the JWT filter checked, if it is text. Istio has the filter keep the payload there. */
function claim(path: readonly string[], string_match: Record<string, unknown>): Record<string, unknown> {
    return {
        metadata: {
            filter: "envoy.filters.http.jwt_authn",
            path: ["payload", ...path].map((key) => ({ key })),
            value: { string_match },
        },
    };
}
