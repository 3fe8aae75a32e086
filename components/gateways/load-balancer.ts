/** How clients' connections reach a gateway, and how it leaves without breaking one. */
import type { MeshConfig } from "../../config/schema";
import type { GatewayKey } from "../base/names";

/**
 * Seconds of a gateway's last minutes. A Network Load Balancer may send new connections for up to three minutes after a
 * target began to leave, and holds those that are there for its deregistration delay: a gateway accepts for longer than
 * both. Then Envoy asks its clients to leave, at once, and the pod ends as soon as none is left. What is still open after
 * its drain time, it closes: WebSockets and streams get as long as `longest` to come again by themselves. The same time
 * holds when policies change: a stream that was let in before lives on by the old ones until then.
 */
const LEAVING = { deregistration: 120, accepting: 180, acceptingAlone: 5, longest: 900 } as const;

const READY = { port: 15021, path: "/healthz/ready" } as const;

/** Values of the gateway chart. */
export function leaving({ gateways }: MeshConfig): Record<string, unknown> {
    const seconds = gateways.service === "LoadBalancer" ? LEAVING.accepting : LEAVING.acceptingAlone;
    return {
        lifecycle: { preStop: { sleep: { seconds } } },
        terminationGracePeriodSeconds: seconds + LEAVING.longest,
        env: {
            EXIT_ON_ZERO_ACTIVE_CONNECTIONS: "true",
            // Without a load balancer, endpoints are withdrawn within a second or two.
            MINIMUM_DRAIN_DURATION: `${LEAVING.acceptingAlone}s`,
        },
    };
}

/**
 * Fields of the gateway's Service beside its ports. A client's address either comes in the PROXY protocol, which lets the
 * load balancer reach the pods themselves, or is kept by entering only nodes that have a gateway.
 */
export function serviceFields(key: GatewayKey, { edge, gateways }: MeshConfig): Record<string, unknown> {
    const direct = edge.clientAddress === "direct";
    const local = direct && gateways.service !== "ClusterIP" ? { externalTrafficPolicy: "Local" } : {};
    if (gateways.service !== "LoadBalancer") return { type: gateways.service, ...local };
    return {
        type: gateways.service,
        ...local,
        annotations: annotations(key, direct),
        ...(key === "admin" ? { loadBalancerSourceRanges: edge.adminNetworks } : {}),
    };
}

/** For the AWS Load Balancer Controller. */
function annotations(key: GatewayKey, direct: boolean): Record<string, string> {
    const attributes = [
        `deregistration_delay.timeout_seconds=${LEAVING.deregistration}`,
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
        // Of an instance it asks the node, which says whether a gateway is on it.
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

/** What the proxy itself must know of it. */
export function proxyConfig({ edge }: MeshConfig): Record<string, unknown> {
    return {
        drainDuration: `${LEAVING.longest}s`,
        ...(edge.clientAddress === "direct" ? {} : { gatewayTopology: { proxyProtocol: {} } }),
    };
}
