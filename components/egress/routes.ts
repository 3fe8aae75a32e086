import type { ReachableHost } from "../../catalogue/query";
import { SERVICE_LABEL } from "../base/labels";
import type { GatewayManifest, VirtualServiceManifest } from "../base/manifest";
import { EGRESS_GATEWAY, NAMESPACES } from "../base/names";
import { CALLER_PATH_HEADERS, INTERNAL_HEADERS } from "./headers";
import {
    EGRESS_GATEWAY_HOST,
    type EgressHost,
    callerPort,
    originatesTls,
    label,
    metadataOf,
    subsetName,
} from "./host";

type Route = VirtualServiceManifest["spec"];

/**
 * The egress gateway's server for a host: on the host's port, by SNI, with the mesh's mutual TLS. Inside it are
 * requests if the gateway originates TLS, otherwise bytes, mostly the caller's TLS.
 */
export function gateway({ name, ports }: EgressHost): GatewayManifest {
    return {
        apiVersion: "networking.istio.io/v1",
        kind: "Gateway",
        metadata: metadataOf(label(name)),
        spec: {
            selector: { [SERVICE_LABEL]: EGRESS_GATEWAY },
            servers: ports.map((reached) => {
                const protocol = originatesTls(reached) ? "HTTPS" : "TLS";
                const { port } = reached.host;
                return {
                    port: { number: port, name: `${protocol.toLowerCase()}-${port}`, protocol },
                    hosts: [`${NAMESPACES.egress}/${name}`],
                    tls: { mode: "ISTIO_MUTUAL" },
                };
            }),
        },
    };
}

/**
 * The two legs of an external call: from the caller's sidecar to the egress gateway, and from the gateway to the
 * host.
 */
export function virtualService({ name, ports }: EgressHost): VirtualServiceManifest {
    const originated = ports.filter(originatesTls);
    const passedThrough = ports.filter((reached) => !originatesTls(reached));
    const tls = passedThrough.filter(({ host }) => host.protocol !== "tcp");
    const tcp = passedThrough.filter(({ host }) => host.protocol === "tcp");
    const tcpRoutes = [
        ...tcp.map((reached) => ({ match: [fromSidecar(reached)], route: [toGateway(reached)] })),
        // After the mutual TLS is terminated, its payload is opaque bytes to the gateway.
        ...passedThrough.map((reached) => ({ match: [atGateway(reached)], route: [toHost(reached)] })),
    ];
    return {
        apiVersion: "networking.istio.io/v1",
        kind: "VirtualService",
        metadata: metadataOf(name),
        spec: {
            hosts: [name],
            gateways: ["mesh", gatewayOf(name)],
            exportTo: [NAMESPACES.egress, NAMESPACES.services],
            ...(originated.length > 0 ? { http: originated.flatMap(httpRoutes) } : {}),
            ...(tls.length > 0
                ? {
                      tls: tls.map((reached) => ({
                          match: [{ ...fromSidecar(reached), sniHosts: [name] }],
                          route: [toGateway(reached)],
                      })),
                  }
                : {}),
            ...(tcpRoutes.length > 0 ? { tcp: tcpRoutes } : {}),
        },
    };
}

function httpRoutes(reached: ReachableHost): NonNullable<Route["http"]> {
    const common = {
        timeout: reached.group.timeout ?? DEFAULT_TIMEOUT,
        // No retries: the mesh does not know whether a request to an external service is idempotent. It may be a
        // payment.
        retries: { attempts: 0 },
    };
    return [
        {
            name: "to-gateway",
            match: [fromSidecar(reached)],
            route: [toGateway(reached)],
            headers: { request: { remove: [...CALLER_PATH_HEADERS] } },
            ...common,
        },
        {
            name: "to-host",
            match: [atGateway(reached)],
            route: [toHost(reached)],
            // The caller used another port, which clients include in the authority.
            rewrite: { authority: authority(reached) },
            headers: { request: { remove: [...INTERNAL_HEADERS] } },
            ...common,
        },
    ];
}

/** The timeout of a request where the mesh sees requests, and of establishing a connection. */
export const DEFAULT_TIMEOUT = "10s";

function gatewayOf(name: string): string {
    return `${NAMESPACES.egress}/${label(name)}`;
}

function fromSidecar(reached: ReachableHost) {
    return { gateways: ["mesh"], port: callerPort(reached) };
}

function atGateway({ host }: ReachableHost) {
    return { gateways: [gatewayOf(host.host)], port: host.port };
}

function toGateway(reached: ReachableHost) {
    const port = { number: reached.host.port };
    return { destination: { host: EGRESS_GATEWAY_HOST, subset: subsetName(reached), port } };
}

/** The authority of a client that originates TLS itself. */
function authority({ host: { host, port } }: ReachableHost): string {
    return port === 443 ? host : `${host}:${port}`;
}

function toHost(reached: ReachableHost) {
    return { destination: { host: reached.host.host, port: { number: callerPort(reached) } } };
}
