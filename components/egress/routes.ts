import type { ReachedHost } from "../../catalogue/query";
import { SERVICE_LABEL } from "../base/labels";
import type { GatewayManifest, VirtualServiceManifest } from "../base/manifest";
import { EGRESS_GATEWAY, NAMESPACES } from "../base/names";
import { CALLERS_PATH, INSIDE_ONLY } from "./headers";
import {
    GATEWAY_HOST,
    type OutsideHost,
    askedPort,
    isOriginated,
    label,
    metadataOf,
    subsetName,
} from "./host";

type Route = VirtualServiceManifest["spec"];

/**
 * Where a host enters the gateway: on the port that it has outside, under its name, in the mesh's mutual TLS. What is
 * inside is requests where the gateway speaks TLS itself, and else bytes, mostly the caller's own TLS.
 */
export function gateway({ name, ports }: OutsideHost): GatewayManifest {
    return {
        apiVersion: "networking.istio.io/v1",
        kind: "Gateway",
        metadata: metadataOf(label(name)),
        spec: {
            selector: { [SERVICE_LABEL]: EGRESS_GATEWAY },
            servers: ports.map((reached) => {
                const protocol = isOriginated(reached) ? "HTTPS" : "TLS";
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

/** The two legs of the way out: from the caller's sidecar to the gateway, and from the gateway to the host. */
export function virtualService({ name, ports }: OutsideHost): VirtualServiceManifest {
    const originated = ports.filter(isOriginated);
    const carried = ports.filter((reached) => !isOriginated(reached));
    const tls = carried.filter(({ host }) => host.protocol !== "tcp");
    const tcp = carried.filter(({ host }) => host.protocol === "tcp");
    const tcpRoutes = [
        ...tcp.map((reached) => ({ match: [fromSidecar(reached)], route: [toGateway(reached)] })),
        // Once the mutual TLS has ended, what it carried is bytes to the gateway, whatever they are.
        ...carried.map((reached) => ({ match: [atGateway(reached)], route: [toHost(reached)] })),
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

function httpRoutes(reached: ReachedHost): NonNullable<Route["http"]> {
    const common = {
        timeout: reached.group.timeout ?? DEFAULT_TIMEOUT,
        // The mesh does not know whether an outside party minds being asked twice: it may be a payment.
        retries: { attempts: 0 },
    };
    return [
        {
            name: "to-gateway",
            match: [fromSidecar(reached)],
            route: [toGateway(reached)],
            headers: { request: { remove: [...CALLERS_PATH] } },
            ...common,
        },
        {
            name: "to-host",
            match: [atGateway(reached)],
            route: [toHost(reached)],
            // The caller asked on another port, which clients say with the name.
            rewrite: { authority: authority(reached) },
            headers: { request: { remove: [...INSIDE_ONLY] } },
            ...common,
        },
    ];
}

/** Of a request where the mesh sees requests, and of opening a connection. */
export const DEFAULT_TIMEOUT = "10s";

function gatewayOf(name: string): string {
    return `${NAMESPACES.egress}/${label(name)}`;
}

function fromSidecar(reached: ReachedHost) {
    return { gateways: ["mesh"], port: askedPort(reached) };
}

function atGateway({ host }: ReachedHost) {
    return { gateways: [gatewayOf(host.host)], port: host.port };
}

function toGateway(reached: ReachedHost) {
    const port = { number: reached.host.port };
    return { destination: { host: GATEWAY_HOST, subset: subsetName(reached), port } };
}

/** As a client names the host that asks it in TLS itself. */
function authority({ host: { host, port } }: ReachedHost): string {
    return port === 443 ? host : `${host}:${port}`;
}

function toHost(reached: ReachedHost) {
    return { destination: { host: reached.host.host, port: { number: askedPort(reached) } } };
}
