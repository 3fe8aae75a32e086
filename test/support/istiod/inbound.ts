/** The filters that istiod configures on a sidecar for inbound requests, and the clusters for outbound connections. */
import type { Json } from "../envoy/patched";
import { type FilterChain, type Listener, type Proxy, readProxyConfig } from "./config-dump";
import type { ControlPlane } from "./control-plane";

/** A filter chain of an inbound port: which connections match it, and the filters that they pass. */
export interface InboundChain {
    /** The TLS context of mutual TLS; undefined where the chain accepts plaintext. */
    readonly tls: Json | undefined;
    readonly filters: FilterChain["filters"];
}

/** All inbound filter chains of a sidecar's port. */
export async function inboundChains(
    envoy: string,
    plane: ControlPlane,
    proxy: Proxy,
    port: number,
): Promise<readonly InboundChain[]> {
    return readProxyConfig(envoy, plane, proxy, `no filter chain for port ${port}`, ({ listeners }) => {
        const chains = chainsOf(listeners, port);
        if (chains.length === 0) return undefined;
        return chains.map(({ filters, transport_socket: socket }) => ({
            tls: socket?.typed_config,
            filters,
        }));
    });
}

function chainsOf(listeners: readonly Listener[], port: number): readonly FilterChain[] {
    const inbound = listeners.find(({ name }) => name === "virtualInbound");
    return (inbound?.filter_chains ?? []).filter(
        ({ filter_chain_match: match }) => match?.destination_port === port,
    );
}

/**
 * The cluster to which a sidecar sends outbound TCP connections, by the listener's name, such as `10.0.0.1_80`;
 * undefined where the listener has no TCP proxy.
 */
export async function outboundClusters(
    envoy: string,
    plane: ControlPlane,
    proxy: Proxy,
): Promise<ReadonlyMap<string, string | undefined>> {
    return readProxyConfig(envoy, plane, proxy, "no listeners", ({ listeners }) =>
        listeners.some(({ name }) => name === "virtualOutbound")
            ? new Map(listeners.map((listener) => [listener.name, clusterOf(listener)]))
            : undefined,
    );
}

/** The cluster of the default filter chain, or of the last one. */
function clusterOf({ filter_chains: chains, default_filter_chain: rest }: Listener): string | undefined {
    const proxy = (rest ?? chains.at(-1))?.filters.find(
        ({ name }) => name === "envoy.filters.network.tcp_proxy",
    );
    const cluster = proxy?.typed_config["cluster"];
    return typeof cluster === "string" ? cluster : undefined;
}
