/**
 * What must be seen of calls that leave: each service reaches the hosts of its external groups and no others, through
 * the egress gateway and no other way. Whether the world outside saw the gateway, it says itself; so it must be played.
 */
import type { ExternalHost } from "../../../catalogue/model";
import { SERVICE_LABEL } from "../../../components/base/labels";
import { EGRESS_GATEWAY, NAMESPACES, ORIGINATED_PORT, TOKEN_HEADERS } from "../../../components/base/names";
import type { Platform } from "../../../components/base/platform";
import type { Cluster } from "../cluster/cluster";
import { type PodObject, isReady } from "../cluster/pods";
import type { Check, Destination, Expected, Outside, Source, Unchecked, WireRequest } from "../model";
import { STRANGER, serviceSource } from "./places";

/** The world outside, where somebody plays it. */
export interface PlayedOutside {
    /** The CA that vouches for all hosts; PEM. */
    readonly authority: string;
    /** Where each host is. */
    readonly addresses: ReadonlyMap<string, string>;
    /** A host that is there, and that the catalogue does not list. */
    readonly unlisted: ExternalHost;
}

export interface EgressPlan {
    readonly checks: Check[];
    readonly notChecked: Unchecked[];
}

/** The egress checks of a platform, or why there are none. */
export async function planEgress(
    cluster: Cluster,
    platform: Platform,
    outside: PlayedOutside | undefined,
): Promise<EgressPlan> {
    if (Object.keys(platform.catalogue.external).length === 0) return { checks: [], notChecked: [] };
    if (outside === undefined) {
        const why = "nobody plays the world outside there, and the real one is not asked for a test";
        return {
            checks: [],
            notChecked: [{ part: "egress", why, optional: "egress", requested: false }],
        };
    }
    const pods: PodObject[] = await cluster.list("Pod", {
        namespace: NAMESPACES.egress,
        labelSelector: `${SERVICE_LABEL}=${EGRESS_GATEWAY}`,
    });
    const gateways = pods.filter(isReady).flatMap(({ status }) => status?.podIP ?? []);
    return { checks: egressChecks(platform, outside, gateways), notChecked: [] };
}

/** @param gateways the addresses of the egress gateway's pods. */
export function egressChecks(
    { catalogue }: Platform,
    played: PlayedOutside,
    gateways: readonly string[],
): Check[] {
    const groups = Object.entries(catalogue.external).sort(([a], [b]) => (a < b ? -1 : 1));
    const used = new Set(Object.values(catalogue.services).flatMap(({ external = [] }) => external));
    const sources = [...Object.keys(catalogue.services).sort().map(serviceSource), STRANGER];
    return sources.flatMap((source) => [
        ...groups.flatMap(([group, { hosts }]) =>
            hosts.flatMap((host) => {
                if (catalogue.services[source.name]?.external?.includes(group) === true) {
                    const because = `${source.name} uses the external group ${group}`;
                    const asked = ask(host, played);
                    const left = leaves(gateways, asked);
                    return [
                        ...both(source, asked, left, left, because),
                        ...both(
                            source,
                            bypass(host, played),
                            NO_ROUTE,
                            NO_ROUTE,
                            `${because} by its gateway`,
                        ),
                    ];
                }
                const because = `${source.name} does not use the external group ${group}`;
                // Where nobody uses it, it does not even exist for who may see all of the mesh.
                const refused = used.has(group) ? RBAC : NO_ROUTE;
                return both(source, ask(host, played), NO_ROUTE, refused, because);
            }),
        ),
        ...both(
            source,
            ask(played.unlisted, played),
            NO_ROUTE,
            NO_ROUTE,
            `the catalogue does not list ${played.unlisted.host}`,
        ),
        ...both(
            source,
            UNDECLARED,
            NO_NAME,
            NO_NAME,
            "names are looked up for the cluster and the catalogue's hosts alone: a name carries data out",
        ),
    ]);
}

/** What services may hand on of a request, from the gateways that told them and by their own libraries. */
const HANDED_ON = {
    ...Object.fromEntries(Object.values(TOKEN_HEADERS).map((name) => [name, "verify"])),
    baggage: "tenant=verify",
    "x-forwarded-for": "203.0.113.7",
};

/** Of what was sent nothing gets out but what is the caller's own. */
function leaves(peers: readonly string[], { outside: { headers } }: Asked): Expected {
    if (headers === undefined) return { kind: "left", peers };
    const unseen = Object.fromEntries(Object.keys(headers).map((name) => [name, null]));
    return { kind: "left", peers, headers: unseen };
}

/** A name that nobody declares, whose first label could be a secret. Its zone is reserved (RFC 2606), so nobody's. */
const UNDECLARED: Asked = {
    request: { protocol: "tcp" },
    destination: place("undeclared", 443),
    outside: { host: "c2vjcmv0.mesh-verify.example.net", port: 443 },
};

const NO_NAME: Expected = { kind: "no-name" };
const NO_ROUTE: Expected = { kind: "no-route" };
const RBAC: Expected = { kind: "rbac" };

type Asked = Pick<Check, "request" | "destination"> & { readonly outside: Omit<Outside, "from"> };

/** From the source's own pod and from its prober. A stranger has no pod of its own. */
function both(source: Source, asked: Asked, pod: Expected, prober: Expected, because: string): Check[] {
    const { host, port, address } = asked.outside;
    const check = (from: Outside["from"], expected: Expected): Check => ({
        id: `egress/${source.name}/${host}:${port}${address === undefined ? "" : "/direct"}/${from}`,
        layer: "egress",
        source,
        ...asked,
        outside: { ...asked.outside, from },
        expected,
        because,
    });
    return [...(source.kind === "service" ? [check("pod", pod)] : []), check("prober", prober)];
}

/** As a caller of it asks: in plain HTTP where the gateway is to speak TLS. */
function ask({ host, port, protocol, tls }: ExternalHost, { authority }: PlayedOutside): Asked {
    const destination = place(host, port);
    if (tls === "originate")
        return {
            request: GET,
            destination,
            outside: { host, port: ORIGINATED_PORT, headers: HANDED_ON },
        };
    return {
        request: protocol === "tcp" ? { protocol: "tcp" } : GET,
        destination,
        outside: { host, port, ...(protocol === "tcp" ? {} : { authority }) },
    };
}

/** Straight to the host's address and its own port, in its own protocol. */
function bypass(host: ExternalHost, played: PlayedOutside): Asked {
    const { outside, ...asked } = ask({ ...host, tls: "passthrough" }, played);
    const address = played.addresses.get(host.host);
    return { ...asked, outside: { ...outside, ...(address === undefined ? {} : { address }) } };
}

const GET: WireRequest = { protocol: "http", method: "GET", path: "/" };

/** What is asked in the mesh is the gateway, on the port that stands for the host. */
function place(portName: string, number: number): Destination {
    const port = { protocol: "tcp", number, application: "outside" } as const;
    return { name: EGRESS_GATEWAY, namespace: NAMESPACES.egress, portName, port, mtls: "STRICT" };
}
