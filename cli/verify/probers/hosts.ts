/**
 * Lets a prober with a gateway's identity send a Host header other than the callee's name. It cannot set the header
 * itself, because its sidecar routes by it. The sidecar rewrites it instead.
 */
import { groupBy } from "../../../catalogue/order";
import { exposures } from "../../../catalogue/query";
import { NAMESPACES, exposedHost, serviceHost } from "../../../components/base/names";
import type { Platform } from "../../../components/base/platform";
import type { KubeObject } from "../../lib/drift/objects";

/** The request header with the Host header to send. */
export const HOST_HEADER = "mesh-verify-host";

/**
 * A VirtualService for each exposed service, visible only to sidecars in the gateways' namespace. A route without a
 * port keeps the requested port.
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
