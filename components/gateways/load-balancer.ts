/** How client connections reach a gateway, and how it drains without breaking them. */
import type { MeshConfig } from "../../config/schema";
import { MIN_DRAIN_SECONDS, drainOf, minReadySeconds } from "../base/drain";
import { isInternal } from "../base/load-balancer-scheme";
import { GATEWAY_STATUS_PORT, type GatewayKey } from "../base/names";

/** The path of a load balancer's health checks, on the status port. The Service omits that port, so clients cannot reach it. */
const READY_PATH = "/healthz/ready";

/**
 * Values of the gateway chart for starting and stopping pods.
 *
 * A terminating gateway accepts connections until no load balancer sends any. Then Envoy drains all connections (GOAWAY,
 * `Connection: close`), and the pod terminates when none is left. After the drain time Envoy closes what is still open:
 * WebSockets and streams have that long to reconnect. The same time applies when policies change: an accepted stream
 * lives under the old policies until then.
 */
export function lifecycleValues(config: MeshConfig): Record<string, unknown> {
    const { preStopSeconds, terminationGracePeriodSeconds } = drainOf(config);
    const minReady = minReadySeconds(config);
    return {
        lifecycle: { preStop: { sleep: { seconds: preStopSeconds } } },
        terminationGracePeriodSeconds,
        ...(minReady > 0
            ? {
                  minReadySeconds: minReady,
                  // All new pods at once: a target takes minutes to become healthy, and a release has ten.
                  strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: "100%", maxUnavailable: 0 } },
              }
            : {}),
        env: {
            EXIT_ON_ZERO_ACTIVE_CONNECTIONS: "true",
            MINIMUM_DRAIN_DURATION: `${MIN_DRAIN_SECONDS}s`,
            // A load balancer with the PROXY protocol sends its header in health checks too, to which the status port
            // would answer 400 (istio/istio#55986). Requests without a header, the kubelet's, are still accepted.
            ...(config.edge.clientAddress === "direct"
                ? {}
                : { ENVOY_STATUS_PORT_ENABLE_PROXY_PROTOCOL: "true" }),
        },
    };
}

/**
 * Fields of the gateway's Service other than its ports. The client address is either in the PROXY protocol header,
 * with which the load balancer can target pods, or preserved by only targeting nodes with a gateway pod.
 */
export function serviceFields(key: GatewayKey, config: MeshConfig): Record<string, unknown> {
    const { edge, gateways } = config;
    const direct = edge.clientAddress === "direct";
    const local = direct && gateways.serviceType !== "ClusterIP" ? { externalTrafficPolicy: "Local" } : {};
    if (gateways.serviceType !== "LoadBalancer") return { type: gateways.serviceType, ...local };
    return {
        type: gateways.serviceType,
        ...local,
        annotations: annotations(key, config),
        ...(key === "admin" ? { loadBalancerSourceRanges: edge.adminCidrs } : {}),
    };
}

/** Annotations for the AWS Load Balancer Controller. */
function annotations(key: GatewayKey, config: MeshConfig): Record<string, string> {
    const direct = config.edge.clientAddress === "direct";
    const attributes = [
        `deregistration_delay.timeout_seconds=${config.gateways.drain.deregistrationDelaySeconds}`,
        `preserve_client_ip.enabled=${direct}`,
        `proxy_protocol_v2.enabled=${!direct}`,
    ];
    const all: Record<string, string> = {
        type: "external",
        scheme: isInternal(key, config) ? "internal" : "internet-facing",
        "nlb-target-type": direct ? "instance" : "ip",
        "target-group-attributes": attributes.join(","),
        attributes: "load_balancing.cross_zone.enabled=true",
        "healthcheck-protocol": "http",
        // For instance targets, the health check is the node's, which reports whether a gateway pod runs there.
        ...(direct
            ? {}
            : { "healthcheck-port": String(GATEWAY_STATUS_PORT), "healthcheck-path": READY_PATH }),
        ...(direct ? {} : { "proxy-protocol": "*" }),
    };
    return Object.fromEntries(
        Object.entries(all).map(([name, value]) => [
            `service.beta.kubernetes.io/aws-load-balancer-${name}`,
            value,
        ]),
    );
}

/** The proxy's settings for the PROXY protocol. */
export function proxyConfig(config: MeshConfig): Record<string, unknown> {
    return {
        drainDuration: `${drainOf(config).connectionSeconds}s`,
        ...(config.edge.clientAddress === "direct" ? {} : { gatewayTopology: { proxyProtocol: {} } }),
    };
}
