/** All sources and destinations of the access matrix. */
import type { Catalogue, Service, Store } from "../../../catalogue/model";
import { INGRESS_GATEWAYS, HEALTH_PORT, NAMESPACES, principal } from "../../../components/base/names";
import type { Platform } from "../../../components/base/platform";
import { UNKNOWN_WORKLOAD_ACCOUNT } from "../../lib/probers";
import type { Destination, Source } from "../model";

export const UNKNOWN_WORKLOAD: Source = {
    kind: "unknown-workload",
    name: "(unknown-workload)",
    namespace: NAMESPACES.services,
    account: UNKNOWN_WORKLOAD_ACCOUNT,
};

export const OUTSIDE_MESH: Source = {
    kind: "outside-mesh",
    name: "(outside-mesh)",
    namespace: NAMESPACES.services,
    account: UNKNOWN_WORKLOAD_ACCOUNT,
};

export function serviceSource(name: string): Source {
    return { kind: "service", name, namespace: NAMESPACES.services, account: name };
}

export function gatewaySource(gateway: keyof typeof INGRESS_GATEWAYS): Source {
    const account = INGRESS_GATEWAYS[gateway];
    return { kind: "gateway", name: `(${account})`, namespace: NAMESPACES.ingress, account };
}

/** The services by name, the gateways, and the two sources without any permission. */
export function sources({ services }: Catalogue): Source[] {
    const gateways = Object.keys(INGRESS_GATEWAYS) as (keyof typeof INGRESS_GATEWAYS)[];
    return [
        ...Object.keys(services).sort().map(serviceSource),
        ...gateways.map(gatewaySource),
        UNKNOWN_WORKLOAD,
        OUTSIDE_MESH,
    ];
}

/** Every port of every service and store, sorted by name. A service without ports has no Service to call. */
export function destinations({ services, stores }: Catalogue): Destination[] {
    return [
        ...portsOf(services, NAMESPACES.services, "STRICT"),
        ...portsOf(stores, NAMESPACES.stores, "PERMISSIVE"),
    ];
}

function portsOf(
    workloads: Readonly<Record<string, Service | Store>>,
    namespace: string,
    mtls: Destination["mtls"],
): Destination[] {
    return Object.keys(workloads)
        .sort()
        .flatMap((name): Destination[] => {
            const ports = workloads[name]?.ports ?? {};
            if (Object.keys(ports).length === 0) return [];
            const sortedPorts = Object.entries(ports).sort(([a], [b]) => (a < b ? -1 : 1));
            const peers: readonly string[] = peersOf(workloads[name]);
            return [
                ...sortedPorts.map(([portName, port]) => ({ name, namespace, portName, port, mtls })),
                ...sortedPorts
                    .filter(([portName]) => peers.includes(portName))
                    .map(([portName, port]) => ({
                        name,
                        service: `${name}-peers`,
                        namespace,
                        portName,
                        port,
                        mtls,
                    })),
                { name, namespace, portName: HEALTH_PORT.name, port: HEALTH, mtls: "PERMISSIVE" },
            ];
        });
}

function peersOf(workload: Service | Store | undefined): readonly string[] {
    return workload !== undefined && "peers" in workload ? (workload.peers ?? []) : [];
}

/** `/metrics`, because a policy allows Prometheus to call it: the path most likely to be open by mistake. */
const HEALTH: Destination["port"] = {
    protocol: "http",
    number: HEALTH_PORT.number,
    requests: ["GET /metrics"],
};

/** A source's SPIFFE ID. */
export function spiffe(
    { config }: Platform,
    { namespace, account }: Pick<Source, "namespace" | "account">,
): string {
    return `spiffe://${principal(config, namespace, account)}`;
}
