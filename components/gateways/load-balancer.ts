/** How client connections reach a gateway, and how it drains without breaking them. */
import type { MeshConfig } from "../../config/schema";
import type { GatewayKey } from "../base/names";

/**
 * Timings of a gateway's shutdown, in seconds. A Network Load Balancer may send new connections for up to three
 * minutes after a target starts to deregister, and keeps existing ones for the deregistration delay; a gateway
 * accepts connections for longer than both. Then Envoy drains all connections (GOAWAY, `Connection: close`), and the pod terminates when
 * none is left. After the drain time it closes what is still open: WebSockets and streams have `max` seconds to
 * reconnect. The same time applies when policies change: an accepted stream lives under the old policies until then.
 */
const SHUTDOWN = { deregistration: 120, accepting: 180, acceptingAlone: 5, max: 900 } as const;

const READY = { port: 15021, path: "/healthz/ready" } as const;

/** Values of the gateway chart. */
export function shutdownValues({ gateways }: MeshConfig): Record<string, unknown> {
    const seconds = gateways.serviceType === "LoadBalancer" ? SHUTDOWN.accepting : SHUTDOWN.acceptingAlone;
    return {
        lifecycle: { preStop: { sleep: { seconds } } },
        terminationGracePeriodSeconds: seconds + SHUTDOWN.max,
        env: {
            EXIT_ON_ZERO_ACTIVE_CONNECTIONS: "true",
            // Without a load balancer, endpoints are removed within a second or two.
            MINIMUM_DRAIN_DURATION: `${SHUTDOWN.acceptingAlone}s`,
        },
    };
}

/**
 * Fields of the gateway's Service other than its ports. The client address is either in the PROXY protocol header,
 * with which the load balancer can target pods, or preserved by only targeting nodes with a gateway pod.
 */
export function serviceFields(key: GatewayKey, { edge, gateways }: MeshConfig): Record<string, unknown> {
    const direct = edge.clientAddress === "direct";
    const local = direct && gateways.serviceType !== "ClusterIP" ? { externalTrafficPolicy: "Local" } : {};
    if (gateways.serviceType !== "LoadBalancer") return { type: gateways.serviceType, ...local };
    return {
        type: gateways.serviceType,
        ...local,
        annotations: annotations(key, direct),
        ...(key === "admin" ? { loadBalancerSourceRanges: edge.adminCidrs } : {}),
    };
}

/** Annotations for the AWS Load Balancer Controller. */
function annotations(key: GatewayKey, direct: boolean): Record<string, string> {
    const attributes = [
        `deregistration_delay.timeout_seconds=${SHUTDOWN.deregistration}`,
        `preserve_client_ip.enabled=${direct}`,
        `proxy_protocol_v2.enabled=${!direct}`,
    ];
    const all: Record<string, string> = {
        type: "external",
        scheme: key === "internal" ? "internal" : "internet-facing",
        "nlb-target-type": direct ? "instance" : "ip",
        "target-group-attributes": attributes.join(","),
        attributes: "load_balancing.cross_zone.enabled=true",
        "healthcheck-protocol": "http",
        // For instance targets, the health check is the node's, which reports whether a gateway pod runs there.
        ...(direct ? {} : { "healthcheck-port": String(READY.port), "healthcheck-path": READY.path }),
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
export function proxyConfig({ edge }: MeshConfig): Record<string, unknown> {
    return {
        drainDuration: `${SHUTDOWN.max}s`,
        ...(edge.clientAddress === "direct" ? {} : { gatewayTopology: { proxyProtocol: {} } }),
    };
}
