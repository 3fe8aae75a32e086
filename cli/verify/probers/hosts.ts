/**
 * How a prober with a gateway's identity sends another Host header than the name of the service that it calls. Its sidecar
 * chooses the route by the Host header, so that the prober cannot set it: the sidecar rewrites it on the way out.
 */
import { groupBy } from "../../../catalogue/order";
import { exposures } from "../../../catalogue/query";
import { NAMESPACES, exposedHost, serviceHost } from "../../../components/base/names";
import type { Platform } from "../../../components/base/platform";
import type { KubeObject } from "../drift/objects";

/** The request header in which a prober names the Host header that it wants. */
export const HOST_HEADER = "mesh-verify-host";

/**
 * A VirtualService for each exposed service, for sidecars in the gateways' namespace alone. A route without a port leads to
 * the port that was called.
 */
export function hostRewrites({ catalogue, config }: Platform, labels: Record<string, string>): KubeObject[] {
    const http = exposures(catalogue).filter(({ port }) => port.protocol !== "tcp");
    return [...groupBy(http, ({ service }) => service)].map(([service, edges]) => {
        const route = [{ destination: { host: serviceHost(service) } }];
        const hosts = [...new Set(edges.map(({ exposure }) => exposedHost(config, exposure.host)))];
        return {
            apiVersion: "networking.istio.io/v1",
            kind: "VirtualService",
            metadata: { name: `probe-${service}`, namespace: NAMESPACES.ingress, labels },
            spec: {
                hosts: [serviceHost(service)],
                exportTo: ["."],
                http: [
                    ...hosts.map((host) => ({
                        match: [{ headers: { [HOST_HEADER]: { exact: host } } }],
                        rewrite: { authority: host },
                        headers: { request: { remove: [HOST_HEADER] } },
                        route,
                    })),
                    { route },
                ],
            },
        };
    });
}
