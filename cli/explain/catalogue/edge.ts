/** The catalogue's edges that declare an access query. */
import type { OperationSet, Catalogue, Port, Request } from "../../../catalogue/model";
import {
    type ExternalEdge,
    callsOf,
    exposuresOf,
    externalEdges,
    grpcPath,
    peerEdges,
    storeEdges,
} from "../../../catalogue/query";
import { covers } from "../../../catalogue/requests";
import { INGRESS_GATEWAYS, NAMESPACES } from "../../../components/base/names";
import { POD_IDENTITY } from "../../../components/shared/aws/clients";
import { POD_IDENTITY_HOST, podIdentityClients } from "../../../components/shared/aws/pod-identity";
import type { AccessQuery } from "../../lib/evaluate/evaluate";
import type { HttpRequest, ExternalEndpoint } from "../../lib/evaluate/model";
import { unknownCase } from "../../../catalogue/never";

/** The catalogue's edges that declare an access query; empty if there are none. */
export function edgesFor(catalogue: Catalogue, { source, target, http }: AccessQuery): string[] {
    if (source.kind === "ingress") {
        if (target.kind !== "service") return [];
        return exposuresOf(catalogue, target.callee.workload.name)
            .filter(
                ({ exposure, port }) =>
                    INGRESS_GATEWAYS[exposure.gateway] === source.gateway.workload.name &&
                    port.number === target.port.number &&
                    includesRequest(port, exposure, http),
            )
            .map(
                ({ service, exposure }) =>
                    `${service}.exposures: ${exposure.host} at the ${exposure.gateway} gateway, ${exposure.authentication === "none" ? "without authentication" : `authentication ${exposure.authentication}`}`,
            );
    }
    const { workload } = source;
    const isService =
        workload.namespace === NAMESPACES.services &&
        workload.meshed &&
        Object.hasOwn(catalogue.services, workload.name);
    if (target.kind === "service" && workload.gateway === true)
        return exposedTo(catalogue, workload.name, target.callee.workload.name, target.port.number, http);
    if (!isService) return [];
    if (target.kind === "external" && target.external.host === POD_IDENTITY_HOST) {
        return podIdentityClients(catalogue).includes(workload.name) &&
            target.external.port === POD_IDENTITY.port
            ? [`${workload.name}.aws: podIdentity`]
            : [];
    }
    if (target.kind === "external") {
        return externalGroupsFor(catalogue, workload.name, target.external).map(
            ({ caller, groupName }) => `${caller}.external: ${groupName}`,
        );
    }
    const { callee, port } = target;
    if (callee.namespace === NAMESPACES.stores) {
        return storeEdges(catalogue)
            .filter(
                (edge) =>
                    edge.caller === workload.name &&
                    edge.store === callee.workload.name &&
                    edge.port.number === port.number,
            )
            .map(({ caller, store }) => `${caller}.stores: ${store}`);
    }
    if (callee.workload.name === workload.name)
        return peerEdges(catalogue)
            .filter((edge) => edge.service === workload.name && edge.port.number === port.number)
            .map(({ service, portName }) => `${service}.peers: ${portName}`);
    return callsOf(catalogue, workload.name)
        .filter(
            (edge) =>
                edge.callee === callee.workload.name &&
                edge.port.number === port.number &&
                includesRequest(edge.port, edge.call, http),
        )
        .map(
            ({ caller, callee: to, portName, call }) =>
                `${caller}.calls → ${to} ${portName}: ${[...(call.requests ?? []), ...(call.methods ?? [])].join(", ") || "connections"}`,
        );
}

/** The external groups that allow a service to reach a host on a port. */
export function externalGroupsFor(
    catalogue: Catalogue,
    service: string,
    { host, port }: Pick<ExternalEndpoint, "host" | "port">,
): ExternalEdge[] {
    return externalEdges(catalogue).filter(
        ({ caller, group }) =>
            caller === service &&
            group.hosts.some(
                (one) => one.host === host && (one.tls === "originate" ? 80 : one.port) === port,
            ),
    );
}

/** The exposures that allow a gateway's identity to call a service, for any client. */
function exposedTo(
    catalogue: Catalogue,
    gateway: string,
    service: string,
    number: number,
    http: HttpRequest | undefined,
): string[] {
    return exposuresOf(catalogue, service)
        .filter(
            ({ exposure, port }) =>
                INGRESS_GATEWAYS[exposure.gateway] === gateway &&
                port.number === number &&
                includesRequest(port, exposure, http),
        )
        .map(({ exposure }) => `${service}.exposures: ${exposure.host} at the ${exposure.gateway} gateway`);
}

/** Whether an edge's operations on a port include the request. */
function includesRequest(
    port: Port,
    { requests = [], methods = [] }: OperationSet,
    http: HttpRequest | undefined,
): boolean {
    if (port.protocol === "tcp") return true;
    if (http === undefined) return false;
    const path = http.path.split("?")[0] ?? "";
    switch (port.protocol) {
        case "http":
            return requests.some((offered) => covers(offered, `${http.method} ${path}` as Request));
        case "grpc":
            return http.method === "POST" && methods.some((method) => path === grpcPath(port, method));
        case "ws":
            return http.method === "GET" && path === port.path;
        default:
            return unknownCase(port);
    }
}
