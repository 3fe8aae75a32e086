/**
 * Egress checks: each service reaches exactly the hosts of its external groups, and only through the egress gateway.
 * The external service must be simulated, because it reports which peer it saw.
 */
import type { ExternalHost } from "../../../catalogue/model";
import { SERVICE_LABEL } from "../../../components/base/labels";
import { EGRESS_GATEWAY, NAMESPACES, ORIGINATED_PORT, TOKEN_HEADERS } from "../../../components/base/names";
import type { Platform } from "../../../components/base/platform";
import type { Cluster } from "../../lib/cluster/cluster";
import { type PodObject, isReady } from "../cluster/pods";
import type { Check, Destination, Expected, EgressTarget, Source, Unchecked, WireRequest } from "../model";
import { UNKNOWN_WORKLOAD, serviceSource } from "./endpoints";

/** Simulated external services. */
export interface SimulatedExternal {
    /** The CA of all hosts' certificates; PEM. */
    readonly authority: string;
    /** The address of each host. */
    readonly addresses: ReadonlyMap<string, string>;
    /** A simulated host that the catalogue does not list. */
    readonly unlisted: ExternalHost;
}

export interface EgressPlan {
    readonly checks: Check[];
    readonly unchecked: Unchecked[];
}

/** The egress checks of a platform, or the reason why there are none. */
export async function planEgress(
    cluster: Cluster,
    platform: Platform,
    egress: SimulatedExternal | undefined,
): Promise<EgressPlan> {
    if (Object.keys(platform.catalogue.external).length === 0) return { checks: [], unchecked: [] };
    if (egress === undefined) {
        const reason =
            "the cluster has no simulated external services, and real ones are not called in tests";
        return {
            checks: [],
            unchecked: [{ part: "egress", reason, optional: "egress", requested: false }],
        };
    }
    const pods: PodObject[] = await cluster.list("Pod", {
        namespace: NAMESPACES.egress,
        labelSelector: `${SERVICE_LABEL}=${EGRESS_GATEWAY}`,
    });
    const gateways = pods.filter(isReady).flatMap(({ status }) => status?.podIP ?? []);
    return { checks: egressChecks(platform, egress, gateways), unchecked: [] };
}

/** @param gateways the addresses of the egress gateway's pods */
export function egressChecks(
    { catalogue }: Platform,
    simulated: SimulatedExternal,
    gateways: readonly string[],
): Check[] {
    const groups = Object.entries(catalogue.external).sort(([a], [b]) => (a < b ? -1 : 1));
    const used = new Set(Object.values(catalogue.services).flatMap(({ external = [] }) => external));
    const sources = [...Object.keys(catalogue.services).sort().map(serviceSource), UNKNOWN_WORKLOAD];
    return sources.flatMap((source) => [
        ...groups.flatMap(([group, { hosts }]) =>
            hosts.flatMap((host) => {
                if (catalogue.services[source.name]?.external?.includes(group) === true) {
                    const reason = `${source.name} uses the external group ${group}`;
                    const egressRequest = requestTo(host, simulated);
                    const left = expectedAtHost(gateways, egressRequest);
                    return [
                        ...both(source, egressRequest, left, left, reason),
                        ...both(
                            source,
                            bypass(host, simulated),
                            NO_ROUTE,
                            NO_ROUTE,
                            `${reason} through the egress gateway`,
                        ),
                    ];
                }
                const reason = `${source.name} does not use the external group ${group}`;
                // A group without users is not rendered at all, so even an unrestricted sidecar has no route.
                const expected = used.has(group) ? RBAC : NO_ROUTE;
                return both(source, requestTo(host, simulated), NO_ROUTE, expected, reason);
            }),
        ),
        ...both(
            source,
            requestTo(simulated.unlisted, simulated),
            NO_ROUTE,
            NO_ROUTE,
            `the catalogue does not list ${simulated.unlisted.host}`,
        ),
        ...both(
            source,
            UNDECLARED,
            NO_NAME,
            NO_NAME,
            "DNS resolves only cluster names and the catalogue's hosts, because DNS queries can exfiltrate data",
        ),
    ]);
}

/** Headers that services may propagate from incoming requests. */
const PROPAGATED_HEADERS = {
    ...Object.fromEntries(Object.values(TOKEN_HEADERS).map((name) => [name, "verify"])),
    baggage: "tenant=verify",
    "x-forwarded-for": "203.0.113.7",
};

/** The external host must see the egress gateway as its peer, and no propagated header. */
function expectedAtHost(peers: readonly string[], { egress: { headers } }: EgressRequest): Expected {
    if (headers === undefined) return { kind: "via-egress-gateway", peers };
    const removedHeaders = Object.fromEntries(Object.keys(headers).map((name) => [name, null]));
    return { kind: "via-egress-gateway", peers, headers: removedHeaders };
}

/** An undeclared name whose first label could be a secret. Its zone is reserved (RFC 2606). */
const UNDECLARED: EgressRequest = {
    request: { protocol: "tcp" },
    destination: gatewayPort("undeclared", 443),
    egress: { host: "c2vjcmv0.mesh-verify.example.net", port: 443 },
};

const NO_NAME: Expected = { kind: "no-such-host" };
const NO_ROUTE: Expected = { kind: "no-route" };
const RBAC: Expected = { kind: "rbac" };

type EgressRequest = Pick<Check, "request" | "destination"> & { readonly egress: Omit<EgressTarget, "from"> };

/** From the source's pod and from its prober. Only services have pods. */
function both(
    source: Source,
    egressRequest: EgressRequest,
    pod: Expected,
    prober: Expected,
    reason: string,
): Check[] {
    const { host, port, address } = egressRequest.egress;
    const check = (from: EgressTarget["from"], expected: Expected): Check => ({
        id: `egress/${source.name}/${host}:${port}${address === undefined ? "" : "/direct"}/${from}`,
        layer: "egress",
        source,
        ...egressRequest,
        egress: { ...egressRequest.egress, from },
        expected,
        reason,
    });
    return [...(source.kind === "service" ? [check("pod", pod)] : []), check("prober", prober)];
}

/** The request as callers send it: plain HTTP if the gateway originates TLS. */
function requestTo(
    { host, port, protocol, tls }: ExternalHost,
    { authority }: SimulatedExternal,
): EgressRequest {
    const destination = gatewayPort(host, port);
    if (tls === "originate")
        return {
            request: GET,
            destination,
            egress: { host, port: ORIGINATED_PORT, headers: PROPAGATED_HEADERS },
        };
    return {
        request: protocol === "tcp" ? { protocol: "tcp" } : GET,
        destination,
        egress: { host, port, ...(protocol === "tcp" ? {} : { authority }) },
    };
}

/** Directly to the host's address and port, bypassing the gateway. */
function bypass(host: ExternalHost, simulated: SimulatedExternal): EgressRequest {
    const { egress, ...egressRequest } = requestTo({ ...host, tls: "passthrough" }, simulated);
    const address = simulated.addresses.get(host.host);
    return { ...egressRequest, egress: { ...egress, ...(address === undefined ? {} : { address }) } };
}

const GET: WireRequest = { protocol: "http", method: "GET", path: "/" };

/** In the mesh, the destination is the egress gateway, on the port for the host. */
function gatewayPort(portName: string, number: number): Destination {
    const port = { protocol: "tcp", number, application: "external" } as const;
    return { name: EGRESS_GATEWAY, namespace: NAMESPACES.egress, portName, port, mtls: "STRICT" };
}
