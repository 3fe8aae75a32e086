import { either, greater, member, size } from "../shared/envoy/cel";
import { envoyFilter as meshFilter, onConnectionManager, typed } from "../shared/envoy/envoy-filter";
import type { EnvoyFilterManifest } from "../base/manifest";
import { NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";
import { PRIORITY, connectionManager, envoyFilter, firstFilter } from "./envoy";

/** The filter's name in Envoy's configuration. */
const REQUEST_HEADERS = "sparc.request_headers";

/**
 * The factor between clients' limits and the proxies'. Envoy's HTTP/2 codec resets the stream of a request that
 * exceeds the proxy's limit (saveHeader, source/common/http/http2/codec_impl.cc), so a filter responds 431 before
 * that. In the mesh a request has more headers than the client sent: each proxy adds some, and the token's claims are
 * copied into headers.
 */
const HEADROOM = 2;

/**
 * What a gateway adds before filters run: x-forwarded-for, x-forwarded-proto, x-request-id, x-envoy-external-address,
 * x-forwarded-client-cert with the certificate, and pseudo-headers that HTTP/1.1 does not have.
 */
const GATEWAY_ADDS = { count: 10, bytes: 4096 } as const;

/** The limit of every proxy in the mesh: what the gateways accept passes each sidecar and the egress gateway too. */
export function requestHeaderLimits({ config: { edge } }: Platform): EnvoyFilterManifest {
    const { maxKb, maxCount } = edge.requestHeaders;
    const limits = {
        max_request_headers_kb: HEADROOM * maxKb,
        common_http_protocol_options: { max_headers_count: HEADROOM * maxCount },
    };
    return meshFilter({
        name: "request-headers",
        namespace: NAMESPACES.system,
        patches: (["GATEWAY", "SIDECAR_INBOUND", "SIDECAR_OUTBOUND"] as const).map((context) =>
            onConnectionManager(context, limits),
        ),
    });
}

/** Rejects at the gateways, with 431 over HTTP/1.1 and HTTP/2, requests that exceed `edge.requestHeaders`. */
export function requestHeadersAtGateways({ config: { edge } }: Platform): EnvoyFilterManifest {
    const { maxKb, maxCount } = edge.requestHeaders;
    const policy = "request-headers";
    const isTooMuch = either(
        greater(size(member("request", "headers")), maxCount + GATEWAY_ADDS.count),
        // Counts headers only: filters run before the body is read.
        greater(member("request", "total_size"), maxKb * 1024 + GATEWAY_ADDS.bytes),
    );
    const rbac = typed("filters.http.rbac.v3.RBAC", {
        rules: {
            action: "DENY",
            policies: {
                [policy]: {
                    permissions: [{ any: true }],
                    principals: [{ any: true }],
                    condition: isTooMuch,
                },
            },
        },
    });
    const localReply = {
        filter: {
            extension_filter: {
                name: "envoy.access_loggers.extension_filters.cel",
                typed_config: typed("access_loggers.filters.cel.v3.ExpressionFilter", {
                    expression: `response.code_details == "rbac_access_denied_matched_policy[${policy}]"`,
                }),
            },
        },
        status_code: 431,
        body: {
            inline_string: `${policy}: the request has more than ${maxCount} headers, or more than ${maxKb} KiB of them.\n`,
        },
    };
    return envoyFilter(policy, "all", PRIORITY.requestHeaders, [
        firstFilter(REQUEST_HEADERS, rbac),
        connectionManager({ local_reply_config: { mappers: [localReply] } }),
    ]);
}
