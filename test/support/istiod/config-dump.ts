/** Reads the configuration that a real Envoy receives from istiod: the config dump proves that Envoy accepted it. */
import { setTimeout as pause } from "node:timers/promises";
import { RUNTIME, cluster } from "../envoy/edge";
import type { Json } from "../envoy/patched";
import { freePorts, startEnvoy } from "../envoy/program";
import type { ControlPlane } from "./control-plane";

/** A proxy as istiod knows it. */
export interface Proxy {
    /** @default sidecar */
    readonly type?: "sidecar" | "router";
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    /** The pod's address, by which istiod finds the ports of a sidecar's workload. */
    readonly address: string;
    /** Its ProxyConfig, as the annotation `proxy.istio.io/config` sets it. @default none */
    readonly proxyConfig?: Json | undefined;
    /**
     * Whether it takes no clusters: outbound ones would wait for a mesh certificate. Its inbound listener, which Envoy rejects without
     * clusters, is left out. @default false
     */
    readonly outboundOnly?: boolean;
}

export interface FilterChain {
    readonly filter_chain_match?: { readonly destination_port?: number };
    readonly filters: readonly { readonly name: string; readonly typed_config: Json }[];
    readonly transport_socket?: { readonly typed_config: Json };
}

export interface Listener extends Json {
    readonly name: string;
    readonly filter_chains: readonly FilterChain[];
    readonly default_filter_chain?: FilterChain;
}

/** Listeners are read while they warm, too: without certificates they never become active. */
export interface ProxyConfig {
    readonly listeners: readonly Listener[];
    /** Route configurations that the listeners take from RDS, by name. */
    readonly routes: ReadonlyMap<string, Json>;
}

const CONFIG_TIMEOUT_MS = 60_000;

/**
 * Starts an Envoy that takes its configuration from istiod, and stops it once `read` returns a value.
 *
 * @param read is called with the configuration so far until it returns a value other than undefined
 * @param missing says what istiod did not send, for the error
 */
export async function readProxyConfig<Value>(
    envoy: string,
    { xdsPort }: ControlPlane,
    proxy: Proxy,
    missing: string,
    read: (config: ProxyConfig) => Value | undefined,
): Promise<Value> {
    const [admin = 0] = await freePorts(1);
    const running = await startEnvoy(envoy, bootstrap(proxy, xdsPort, admin), admin);
    try {
        for (const until = Date.now() + CONFIG_TIMEOUT_MS; Date.now() < until;) {
            const value = read(
                await receivedConfig(admin, proxy.outboundOnly === true ? ["virtualInbound"] : []),
            );
            if (value !== undefined) return value;
            await pause(50);
        }
        throw new Error(`istiod sent ${missing} to ${proxy.address}`);
    } finally {
        await running.stop();
    }
}

/** How the proxy introduces itself to istiod. */
export function nodeOf({ type = "sidecar", namespace, labels, address, proxyConfig }: Proxy) {
    return {
        id: `${type}~${address}~${address}.${namespace}~${namespace}.svc.cluster.local`,
        cluster: `workload.${namespace}`,
        metadata: {
            NAMESPACE: namespace,
            LABELS: labels,
            CLUSTER_ID: "Kubernetes",
            ...(proxyConfig === undefined ? {} : { PROXY_CONFIG: proxyConfig }),
        },
    };
}

function bootstrap(proxy: Proxy, xdsPort: number, admin: number): Json {
    const ads = { ads: {}, resource_api_version: "V3" };
    const http2 = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
    return {
        node: nodeOf(proxy),
        layered_runtime: RUNTIME,
        admin: { address: { socket_address: { address: "127.0.0.1", port_value: admin } } },
        dynamic_resources: {
            ads_config: {
                api_type: "GRPC",
                transport_api_version: "V3",
                grpc_services: [{ envoy_grpc: { cluster_name: "istiod" } }],
            },
            lds_config: ads,
            // A gateway's clusters would wait for a mesh certificate, and its listeners for the clusters.
            ...(proxy.type === "router" || proxy.outboundOnly === true ? {} : { cds_config: ads }),
        },
        static_resources: {
            clusters: [
                // Mesh certificates would come from this address: Envoy accepts listeners with mutual TLS, and they warm.
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

interface DynamicListener {
    readonly name: string;
    readonly active_state?: { readonly listener: Listener };
    readonly warming_state?: { readonly listener: Listener };
    readonly error_state?: { readonly details: string };
}

async function receivedConfig(admin: number, omitted: readonly string[]): Promise<ProxyConfig> {
    const all = await dumped<DynamicListener>(admin, "dynamic_listeners");
    const dynamic = all.filter(({ name }) => !omitted.includes(name));
    const listeners = dynamic.flatMap(({ active_state, warming_state, error_state }) => {
        if (error_state !== undefined)
            throw new Error(`Envoy rejects what istiod sends: ${error_state.details}`);
        const state = active_state ?? warming_state;
        return state === undefined ? [] : [untyped(state.listener)];
    });
    // Envoy dumps route configurations only once it has a listener with HTTP filters.
    const routes =
        listeners.length === 0
            ? []
            : await dumped<{ readonly route_config: Json }>(admin, "dynamic_route_configs");
    return {
        listeners,
        routes: new Map(
            routes.map(({ route_config }) => [String(route_config["name"]), untyped(route_config)]),
        ),
    };
}

/** Envoy answers 404 for a kind of resource of which it has none. */
async function dumped<Resource>(admin: number, resource: string): Promise<readonly Resource[]> {
    const response = await fetch(`http://127.0.0.1:${admin}/config_dump?resource=${resource}`);
    if (response.status === 404) return [];
    if (!response.ok)
        throw new Error(`Envoy's config dump answers ${response.status}: ${await response.text()}`);
    return ((await response.json()) as { configs?: readonly Resource[] }).configs ?? [];
}

/** A dump holds each message as google.protobuf.Any, with its type. */
function untyped<Message extends Json>(message: Message): Message {
    return Object.fromEntries(Object.entries(message).filter(([name]) => name !== "@type")) as Message;
}
