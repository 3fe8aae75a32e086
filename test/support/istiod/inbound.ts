/** The filters that istiod gives a sidecar for requests that arrive. */
import { setTimeout as pause } from "node:timers/promises";
import { freePorts, startEnvoy } from "../envoy/program";
import { RUNTIME, cluster } from "../envoy/edge";
import type { Json } from "../envoy/patched";
import type { ControlPlane } from "./control-plane";

const LISTENER_MS = 20_000;
const MANAGER = "envoy.filters.network.http_connection_manager";

export interface Proxy {
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    /** Of its pod, by which istiod finds its ports. */
    readonly address: string;
}

/**
 * The HTTP filters before the router of a port that serves HTTP, as istiod sends them. They are read from a real Envoy's dump of its
 * configuration: it has accepted them.
 */
export async function inboundFilters(
    envoy: string,
    { xdsPort }: ControlPlane,
    proxy: Proxy,
    port: number,
): Promise<Json[]> {
    const [admin = 0] = await freePorts(1);
    const running = await startEnvoy(envoy, bootstrap(proxy, xdsPort, admin), admin);
    try {
        for (const until = Date.now() + LISTENER_MS; Date.now() < until;) {
            const filters = filtersOf(await dump(admin), port);
            if (filters !== undefined) return filters.slice(0, -1);
            await pause(50);
        }
        throw new Error(`istiod gave ${proxy.address} no HTTP filters for port ${port}`);
    } finally {
        await running.stop();
    }
}

/** A way into a port, as istiod has it: what a connection must bring, and the filters that it meets. */
export interface WayIn {
    /** Of mutual TLS; undefined where plaintext comes in. */
    readonly tls: Json | undefined;
    readonly filters: readonly { readonly name: string; readonly typed_config: Json }[];
}

/** All ways into a port of a sidecar, those that are for any port among them. */
export async function waysIn(
    envoy: string,
    { xdsPort }: ControlPlane,
    proxy: Proxy,
    port: number,
): Promise<readonly WayIn[]> {
    const [admin = 0] = await freePorts(1);
    const running = await startEnvoy(envoy, bootstrap(proxy, xdsPort, admin), admin);
    try {
        for (const until = Date.now() + LISTENER_MS; Date.now() < until;) {
            const { configs = [] } = await dump(admin);
            const refused = configs.find(({ error_state: error }) => error !== undefined);
            if (refused !== undefined)
                throw new Error(`Envoy refuses what istiod sends: ${refused.error_state?.details ?? ""}`);
            const inbound = configs
                .map(({ active_state: active, warming_state: warming }) => (active ?? warming)?.listener)
                .find((listener) => listener?.name === "virtualInbound");
            const own = inbound?.filter_chains.filter(
                ({ filter_chain_match: match }) => match?.destination_port === port,
            );
            if (own !== undefined && own.length > 0)
                return own.map(({ filters, transport_socket: socket }) => ({
                    tls: socket?.typed_config,
                    filters,
                }));
            await pause(50);
        }
        throw new Error(`istiod gave ${proxy.address} no way into port ${port}`);
    } finally {
        await running.stop();
    }
}

/**
 * Where a sidecar sends what its application sends to an address, as istiod has it: the cluster by the listener's name, such as
 * `10.0.0.1_80`; undefined where it has no listener for it. Listeners of TCP alone.
 */
export async function outboundClusters(
    envoy: string,
    { xdsPort }: ControlPlane,
    proxy: Proxy,
): Promise<ReadonlyMap<string, string | undefined>> {
    const [admin = 0] = await freePorts(1);
    const running = await startEnvoy(envoy, bootstrap(proxy, xdsPort, admin), admin);
    try {
        for (const until = Date.now() + LISTENER_MS; Date.now() < until;) {
            const { configs = [] } = await dump(admin);
            const listeners = configs.flatMap(
                ({ active_state: active, warming_state: warming }) => (active ?? warming)?.listener ?? [],
            );
            if (listeners.some(({ name }) => name === "virtualOutbound"))
                return new Map(listeners.map((listener) => [listener.name, clusterOf(listener)]));
            await pause(50);
        }
        throw new Error(`istiod gave ${proxy.address} no listeners`);
    } finally {
        await running.stop();
    }
}

/** Of its last chain, or of the one that takes what no other does. */
function clusterOf({ filter_chains: chains, default_filter_chain: rest }: Listener): string | undefined {
    const proxy = (rest ?? chains.at(-1))?.filters.find(
        ({ name }) => name === "envoy.filters.network.tcp_proxy",
    );
    const cluster = proxy?.typed_config["cluster"];
    return typeof cluster === "string" ? cluster : undefined;
}

/** An Envoy that has its configuration from istiod. */
export function bootstrap(
    { namespace, labels, address }: Proxy,
    xdsPort: number,
    admin: number,
    type: "sidecar" | "router" = "sidecar",
): Json {
    const ads = { ads: {}, resource_api_version: "V3" };
    const http2 = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
    return {
        node: {
            id: `${type}~${address}~workload.${namespace}~${namespace}.svc.cluster.local`,
            cluster: `workload.${namespace}`,
            metadata: { NAMESPACE: namespace, LABELS: labels, CLUSTER_ID: "Kubernetes" },
        },
        layered_runtime: RUNTIME,
        admin: { address: { socket_address: { address: "127.0.0.1", port_value: admin } } },
        dynamic_resources: {
            ads_config: {
                api_type: "GRPC",
                transport_api_version: "V3",
                grpc_services: [{ envoy_grpc: { cluster_name: "istiod" } }],
            },
            lds_config: ads,
            // A gateway's clusters would wait for a certificate of the mesh, and its listeners for them.
            ...(type === "router" ? {} : { cds_config: ads }),
        },
        static_resources: {
            clusters: [
                // Certificates of the mesh would come from here: listeners with mutual TLS are taken, and wait.
                cluster("sds-grpc", admin),
                {
                    ...cluster("istiod", xdsPort),
                    typed_extension_protocol_options: {
                        [http2]: {
                            "@type": `type.googleapis.com/${http2}`,
                            explicit_http_config: { http2_protocol_options: {} },
                        },
                    },
                },
            ],
        },
    };
}

interface FilterChain {
    readonly filter_chain_match?: { readonly destination_port?: number };
    readonly filters: readonly { readonly name: string; readonly typed_config: Json }[];
    readonly transport_socket?: { readonly typed_config: Json };
}

interface Listener {
    readonly name: string;
    readonly filter_chains: readonly FilterChain[];
    readonly default_filter_chain?: FilterChain;
}

interface Dump {
    readonly configs?: readonly {
        readonly active_state?: { readonly listener: Listener };
        readonly warming_state?: { readonly listener: Listener };
        readonly error_state?: { readonly details: string };
    }[];
}

async function dump(admin: number): Promise<Dump> {
    const response = await fetch(`http://127.0.0.1:${admin}/config_dump?resource=dynamic_listeners`);
    return (await response.json()) as Dump;
}

function filtersOf({ configs = [] }: Dump, port: number): Json[] | undefined {
    for (const { active_state: active, warming_state: warming, error_state: error } of configs) {
        if (error !== undefined) throw new Error(`Envoy refuses what istiod sends: ${error.details}`);
        const listener = (active ?? warming)?.listener;
        if (listener?.name !== "virtualInbound") continue;
        const chain = listener.filter_chains.find(
            ({ filter_chain_match: match }) => match?.destination_port === port,
        );
        const manager = chain?.filters.find(({ name }) => name === MANAGER);
        return manager?.typed_config["http_filters"] as Json[] | undefined;
    }
    return undefined;
}
