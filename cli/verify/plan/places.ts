/** All who ask and all that is asked: the two sides of the matrix. */
import type { Catalogue, Service, Store } from "../../../catalogue/model";
import { ENTRY_GATEWAYS, HEALTH_PORT, NAMESPACES, principal } from "../../../components/base/names";
import type { Platform } from "../../../components/base/platform";
import type { Destination, Source } from "../model";

/** The account of probers that are nobody of the catalogue. */
export const STRANGER_ACCOUNT = "probe-stranger";

export const STRANGER: Source = {
    kind: "stranger",
    name: "(stranger)",
    namespace: NAMESPACES.services,
    account: STRANGER_ACCOUNT,
};

export const UNMESHED: Source = {
    kind: "unmeshed",
    name: "(unmeshed)",
    namespace: NAMESPACES.services,
    account: STRANGER_ACCOUNT,
};

export function serviceSource(name: string): Source {
    return { kind: "service", name, namespace: NAMESPACES.services, account: name };
}

export function gatewaySource(gateway: keyof typeof ENTRY_GATEWAYS): Source {
    const account = ENTRY_GATEWAYS[gateway];
    return { kind: "gateway", name: `(${account})`, namespace: NAMESPACES.ingress, account };
}

/** The services by name, the gateways, and the two who may ask nobody. */
export function sources({ services }: Catalogue): Source[] {
    const gateways = Object.keys(ENTRY_GATEWAYS) as (keyof typeof ENTRY_GATEWAYS)[];
    return [
        ...Object.keys(services).sort().map(serviceSource),
        ...gateways.map(gatewaySource),
        STRANGER,
        UNMESHED,
    ];
}

/** Every port of every service and store, by name. */
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
            const own = Object.entries(ports).sort(([a], [b]) => (a < b ? -1 : 1));
            return [
                ...own.map(([portName, port]) => ({ name, namespace, portName, port, mtls })),
                { name, namespace, portName: HEALTH_PORT.name, port: HEALTH, mtls: "PERMISSIVE" },
            ];
        });
}

/** `/metrics`, because a policy opens it to Prometheus: the likeliest hole of the port. */
const HEALTH: Destination["port"] = {
    protocol: "http",
    number: HEALTH_PORT.number,
    requests: ["GET /metrics"],
};

/** A source's SPIFFE identity, as a callee sees it. */
export function spiffe({ config }: Platform, { namespace, account }: Source): string {
    return `spiffe://${principal(config, namespace, account)}`;
}
