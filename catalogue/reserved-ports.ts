/** Ports that the mesh uses itself, so that no service, store or external host can. */

/** Istio's proxies, sidecars and gateways alike, listen on ports in this range. */
export const PROXY_PORTS = { first: 15000, last: 15999 } as const;

export function isProxyPort(port: number): boolean {
    return port >= PROXY_PORTS.first && port <= PROXY_PORTS.last;
}

/** Every workload serves its health probes here. */
export const HEALTH_PORT = 8081;

/** The ports on which the ingress gateways terminate TLS, and redirect plain HTTP to HTTPS. */
export const GATEWAY_PORTS = { https: 443, http: 80 } as const;
