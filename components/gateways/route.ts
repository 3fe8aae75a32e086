import type { ExposureEdge } from "../../catalogue/query";
import { type Cors, corsOf, isPattern, originRegex } from "../shared/routing/cors";
import { COMMON_LABELS } from "../base/labels";
import type { VirtualServiceManifest } from "../base/manifest";
import { NAMESPACES, exposedHost } from "../base/names";
import type { Platform } from "../base/platform";
import { isMirrored } from "../shared/flagger/rollouts";
import { type HttpRoute, routesTo, weightedDestinations } from "../shared/routing/routes";

type CorsPolicy = NonNullable<HttpRoute["corsPolicy"]>;

/** After its first response, a browser uses only HTTPS for the host, for a year. */
const HSTS = { "strict-transport-security": "max-age=31536000" };

/** The route from an exposed host to its service. Only the gateways use it. */
export function route(edge: ExposureEdge, platform: Platform): VirtualServiceManifest {
    const { service, exposure, port } = edge;
    const { config } = platform;
    return {
        apiVersion: "networking.istio.io/v1",
        kind: "VirtualService",
        metadata: {
            name: `${exposure.gateway}-${exposure.host}`,
            namespace: NAMESPACES.services,
            labels: COMMON_LABELS,
        },
        spec: {
            hosts: [exposedHost(config, exposure.host)],
            gateways: [gatewayOf(edge)],
            exportTo: [NAMESPACES.ingress],
            ...(port.protocol === "tcp"
                ? {
                      tcp: [
                          {
                              match: [{ port: exposure.listen ?? 0 }],
                              route: weightedDestinations(platform, service, port.number),
                          },
                      ],
                  }
                : { http: httpRoutes(edge, platform) }),
        },
    };
}

function gatewayOf({ exposure }: ExposureEdge): string {
    return `${NAMESPACES.ingress}/${exposure.gateway}`;
}

function httpRoutes(edge: ExposureEdge, platform: Platform): HttpRoute[] {
    const { service, exposure, port } = edge;
    const { config } = platform;
    const cors = corsOf(edge, config);
    const to = {
        // Patches find an exposure's routes by this name.
        name: exposure.host,
        sameName: true,
        service,
        port: port.number,
        gateway: gatewayOf(edge),
        settings: {
            // No timeout means no limit, which cannot be set otherwise: a stream lasts as long as its client wants.
            ...(exposure.timeout === "stream" ? {} : { timeout: exposure.timeout }),
            // A request that never reached a replica can be retried at another, even if it is not idempotent. Istio's
            // default also retries others.
            retries: { attempts: 2, retryOn: "connect-failure,refused-stream" },
            headers: { response: { set: HSTS } },
            ...(cors === undefined ? {} : { corsPolicy: corsPolicy(cors) }),
        },
    };
    const any = routesTo(platform, { ...to, requests: [{}], idempotent: false });
    // Of a client's requests, only reads are known to be idempotent.
    const mirrored = config.traffic.services[service]?.mirror !== undefined || isMirrored(platform, service);
    if (!mirrored || port.protocol !== "http") return any;
    const reading = [{ verb: "GET" }, { verb: "HEAD" }];
    return [...routesTo(platform, { ...to, requests: reading, idempotent: true }), ...any];
}

function corsPolicy({ origins, methods, headers, exposedHeaders, maxAge, credentials }: Cors): CorsPolicy {
    return {
        allowOrigins: origins.map((origin) =>
            isPattern(origin) ? { regex: originRegex(origin) } : { exact: origin },
        ),
        allowMethods: [...methods],
        allowHeaders: [...headers],
        exposeHeaders: [...exposedHeaders],
        maxAge,
        allowCredentials: credentials,
    };
}
