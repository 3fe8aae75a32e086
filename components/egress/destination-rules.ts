import type { ExternalGroup } from "../../catalogue/model";
import type { MeshConfig } from "../../config/schema";
import type { DestinationRuleManifest } from "../base/manifest";
import { EGRESS_GATEWAY, NAMESPACES, ORIGINATED_PORT } from "../base/names";
import { GATEWAY_HOST, type OutsideHost, isOriginated, metadataOf, subsetName } from "./host";
import { DEFAULT_TIMEOUT } from "./routes";

/**
 * How sidecars speak to the gateway: in mutual TLS, under the name of the host that they are on the way to. One object
 * for all hosts, since Istio takes one for each host of the mesh.
 */
export function towardsGateway(hosts: readonly OutsideHost[]): DestinationRuleManifest {
    return {
        apiVersion: "networking.istio.io/v1",
        kind: "DestinationRule",
        metadata: metadataOf(EGRESS_GATEWAY),
        spec: {
            host: GATEWAY_HOST,
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

/** How the gateway speaks to a host: with the group's breaker, and in TLS where the caller does not. */
export function towardsHost(
    { name, ports }: OutsideHost,
    { egress }: Pick<MeshConfig, "egress">,
): DestinationRuleManifest {
    const [{ group }] = ports;
    return {
        apiVersion: "networking.istio.io/v1",
        kind: "DestinationRule",
        metadata: {
            ...metadataOf(name),
            // The analyzer knows CAs from files only, not those of a Secret nor the proxy's own.
            ...(ports.some(isOriginated)
                ? { annotations: { "galley.istio.io/analyze-suppress": "IST0129" } }
                : {}),
        },
        spec: {
            host: name,
            // The gateway's alone: to a sidecar it would mean to speak TLS with the host itself.
            exportTo: [NAMESPACES.egress],
            trafficPolicy: {
                ...breaker(group),
                ...(ports.some(isOriginated)
                    ? {
                          // A port's settings replace the host's, they do not add to them.
                          portLevelSettings: [
                              {
                                  port: { number: ORIGINATED_PORT },
                                  ...breaker(group),
                                  tls: {
                                      mode: "SIMPLE" as const,
                                      sni: name,
                                      subjectAltNames: [name],
                                      ...(egress.authority === undefined
                                          ? {}
                                          : { credentialName: egress.authority }),
                                  },
                              },
                          ],
                      }
                    : {}),
            },
        },
    };
}

function breaker({
    breaker: { connections = 100, failures = 5, pause = "30s" } = {},
    timeout,
}: ExternalGroup) {
    return {
        connectionPool: {
            tcp: { maxConnections: connections, connectTimeout: timeout ?? DEFAULT_TIMEOUT },
            // More would only wait for a connection until the caller's patience is over.
            http: { http1MaxPendingRequests: connections },
        },
        loadBalancer: { simple: "LEAST_REQUEST" as const, localityLbSetting: { enabled: false } },
        outlierDetection: {
            consecutive5xxErrors: failures,
            baseEjectionTime: pause,
            // All addresses of a host may be left alone at once: there is nobody else to ask instead.
            maxEjectionPercent: 100,
        },
    };
}
