import type { ExternalGroup } from "../../catalogue/model";
import type { MeshConfig } from "../../config/schema";
import type { DestinationRuleManifest } from "../base/manifest";
import { EGRESS_GATEWAY, NAMESPACES, ORIGINATED_PORT } from "../base/names";
import { EGRESS_GATEWAY_HOST, type EgressHost, originatesTls, metadataOf, subsetName } from "./host";
import { DEFAULT_TIMEOUT } from "./routes";

/**
 * How sidecars connect to the egress gateway: with mutual TLS, and the external host as SNI. A single object for all
 * hosts, because Istio applies one DestinationRule per host of the mesh.
 */
export function gatewayDestinationRule(hosts: readonly EgressHost[]): DestinationRuleManifest {
    return {
        apiVersion: "networking.istio.io/v1",
        kind: "DestinationRule",
        metadata: metadataOf(EGRESS_GATEWAY),
        spec: {
            host: EGRESS_GATEWAY_HOST,
            exportTo: [NAMESPACES.services],
            trafficPolicy: { tls: { mode: "ISTIO_MUTUAL" } },
            subsets: hosts
                .flatMap(({ ports }) => ports)
                .map((reached) => ({
                    name: subsetName(reached),
                    trafficPolicy: { tls: { mode: "ISTIO_MUTUAL", sni: reached.host.host } },
                })),
        },
    };
}

/**
 * How the egress gateway connects to a host: with the group's circuit breaker, and with TLS if the caller does not
 * originate it.
 */
export function hostDestinationRule(
    { name, ports }: EgressHost,
    { egress }: Pick<MeshConfig, "egress">,
): DestinationRuleManifest {
    const [{ group }] = ports;
    return {
        apiVersion: "networking.istio.io/v1",
        kind: "DestinationRule",
        metadata: {
            ...metadataOf(name),
            // Istio's analyzer only recognizes CAs from files, not those in a Secret or the proxy's default.
            ...(ports.some(originatesTls)
                ? { annotations: { "galley.istio.io/analyze-suppress": "IST0129" } }
                : {}),
        },
        spec: {
            host: name,
            // For the gateway only: a sidecar would originate TLS to the host itself.
            exportTo: [NAMESPACES.egress],
            trafficPolicy: {
                ...circuitBreakerOf(group),
                ...(ports.some(originatesTls)
                    ? {
                          // Port settings replace the host's settings; they do not extend them.
                          portLevelSettings: [
                              {
                                  port: { number: ORIGINATED_PORT },
                                  ...circuitBreakerOf(group),
                                  tls: {
                                      mode: "SIMPLE" as const,
                                      sni: name,
                                      subjectAltNames: [name],
                                      ...(egress.caSecret === undefined
                                          ? {}
                                          : { credentialName: egress.caSecret }),
                                  },
                              },
                          ],
                      }
                    : {}),
            },
        },
    };
}

function circuitBreakerOf({
    circuitBreaker: { maxConnections = 100, consecutive5xxErrors = 5, baseEjectionTime = "30s" } = {},
    timeout,
}: ExternalGroup) {
    return {
        connectionPool: {
            tcp: { maxConnections, connectTimeout: timeout ?? DEFAULT_TIMEOUT },
            // More would only wait for a connection until the caller times out.
            http: { http1MaxPendingRequests: maxConnections },
        },
        loadBalancer: { simple: "LEAST_REQUEST" as const, localityLbSetting: { enabled: false } },
        outlierDetection: {
            consecutive5xxErrors,
            baseEjectionTime,
            // All addresses of a host may be ejected at once: there is no alternative to them.
            maxEjectionPercent: 100,
        },
    };
}
