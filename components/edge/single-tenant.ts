import { type ExposureEdge, exposures } from "../../catalogue/query";
import { claimPath } from "../../config/edge";
import type { MeshConfig } from "../../config/schema";
import { isHost } from "../shared/envoy/canonical-paths";
import { typed } from "../shared/envoy/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { GATEWAY_KEYS, GATEWAY_PORTS, exposedHost } from "../base/names";
import type { Platform } from "../base/platform";
import { AMBIGUOUS_TEXT } from "./ambiguous-text";
import { PRIORITY, beforeRouter, envoyFilter } from "./envoy";

/**
 * The name of one tenant: not empty, not a list, nothing that a path or a header would split, no control character.
 */
const ONE_TENANT =
    "[^\\x00-\\x20\\x7f,;/\\\\%?#\"'<>{}\\[\\]](?:[^\\x00-\\x1f\\x7f,;/\\\\%?#\"'<>{}\\[\\]]*[^\\x00-\\x20\\x7f,;/\\\\%?#\"'<>{}\\[\\]])?";

/**
 * At hosts with tenants, accepts only tokens that name exactly one tenant. A service might treat a request without
 * `x-tenant` as one for no tenant, or for all of them, and a list arrives as Base64. An AuthorizationPolicy cannot
 * distinguish text from a list that contains it (`request.auth.claims`); Envoy's RBAC filter can.
 */
export function singleTenantFilters({ catalogue, config }: Platform): EnvoyFilterManifest[] {
    const scoped = exposures(catalogue).filter(requiresTenant);
    return GATEWAY_KEYS.flatMap((key) => {
        const gatewayEdges = scoped.filter(({ exposure }) => exposure.gateway === key);
        if (gatewayEdges.length === 0) return [];
        return [
            envoyFilter(`${key}-plain-tenant`, key, PRIORITY.tokens, [
                beforeRouter("sparc.plain_tenant", singleTenant(gatewayEdges, config)),
            ]),
        ];
    });
}

/** Whether an exposure's tokens must name one tenant. */
export function requiresTenant({ exposure, port }: ExposureEdge): boolean {
    const { authentication, gateway, requiresTenant: explicit } = exposure;
    if (authentication !== "jwt" || port.protocol === "tcp") return false;
    return explicit ?? gateway === "public";
}

function singleTenant(edges: readonly ExposureEdge[], config: MeshConfig): Record<string, unknown> {
    const hosts = edges.map(({ exposure }) => isHost(exposedHost(config, exposure.host)));
    return typed("filters.http.rbac.v3.RBAC", {
        rules: {
            action: "ALLOW",
            policies: {
                "another-host": {
                    permissions: [{ not_rule: { or_rules: { rules: hosts } } }],
                    principals: [{ any: true }],
                },
                // Nothing is routed on the plain HTTP port, whose clients are redirected. With the PROXY protocol the
                // client states the port, so a request inside TLS, which always has SNI, does not match.
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
                                {
                                    not_id: claim(claimPath(claims.tenant), {
                                        safe_regex: { regex: AMBIGUOUS_TEXT },
                                    }),
                                },
                            ],
                        },
                    })),
                },
            },
        },
    });
}

/** Matches a text claim of the verified token. Istio makes the JWT filter store the payload there. */
function claim(path: readonly string[], string_match: Record<string, unknown>): Record<string, unknown> {
    return {
        metadata: {
            filter: "envoy.filters.http.jwt_authn",
            path: ["payload", ...path].map((key) => ({ key })),
            value: { string_match },
        },
    };
}
