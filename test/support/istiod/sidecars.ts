/** Sidecars as istiod configures them for inbound requests, in one real Envoy, behind mutual TLS. */
import { EXTENSIONS, type Json } from "../envoy/patched";
import { RUNTIME, cluster, tunnel } from "../envoy/edge";
import { createAuthority } from "../envoy/identities";
import { type RunningEnvoy, freePorts, startEnvoy } from "../envoy/program";
import type { ControlPlane, KubernetesObject } from "./control-plane";
import { inboundChains } from "./inbound";

/** A port of a service's pods. */
export interface ServicePort {
    readonly service: string;
    readonly port: number;
    readonly protocol: "HTTP" | "GRPC";
}

export interface Caller {
    readonly name: string;
    /** Its certificate's SPIFFE ID, without the scheme. */
    readonly principal: string;
}

interface SidecarsOptions {
    readonly ports: readonly ServicePort[];
    readonly callers: readonly Caller[];
    /** The application's port on loopback, by protocol. */
    readonly app: Readonly<Record<ServicePort["protocol"], number>>;
    /** The first three bytes of loopback addresses for the sidecars. */
    readonly network: string;
}

export interface Sidecars {
    /** The port on 127.0.0.1 from which connections reach a service with a caller's certificate. */
    portOf(caller: string, service: string): number;
    stop(): Promise<void>;
}

const SERVICES = "sparc";

/** Registers the pods of `ports` with istiod. */
export function registered(ports: readonly ServicePort[]): KubernetesObject[] {
    const pods = ports.map(
        ({ service, port, protocol }, index) =>
            ({
                apiVersion: "networking.istio.io/v1",
                kind: "ServiceEntry",
                metadata: { name: service, namespace: SERVICES },
                spec: {
                    hosts: [`${service}.${SERVICES}.svc.cluster.local`],
                    location: "MESH_INTERNAL",
                    resolution: "STATIC",
                    ports: [{ number: port, name: `${protocol.toLowerCase()}-app`, protocol }],
                    endpoints: [{ address: podAddress(index), labels: labelsOf(service) }],
                },
            }) as KubernetesObject,
    );
    const nothing = {
        apiVersion: "networking.istio.io/v1",
        kind: "Sidecar",
        metadata: { name: "no-outbound-clusters", namespace: SERVICES },
        // Clusters with mutual TLS would wait for a mesh certificate, and the listeners for the clusters.
        spec: { egress: [{ hosts: ["~/*"] }] },
    };
    return [...pods, nothing];
}

export async function startSidecars(
    envoy: string,
    plane: ControlPlane,
    { ports, callers, app, network }: SidecarsOptions,
): Promise<Sidecars> {
    const authority = await createAuthority();
    const listeners: Json[] = [];
    const clusters = new Map<string, Json>();
    const tunnels = new Map<string, number>();
    for (const [index, { service, port, protocol }] of ports.entries()) {
        const proxy = { namespace: SERVICES, labels: labelsOf(service), address: podAddress(index) };
        const chain = (await inboundChains(envoy, plane, proxy, port)).find(({ tls }) => tls !== undefined);
        if (chain === undefined) throw new Error(`${service} accepts no mutual TLS at ${port}`);
        const address = `${network}.${index + 1}`;
        listeners.push({
            name: service,
            address: { socket_address: { address, port_value: port } },
            listener_filters: [
                {
                    name: "envoy.filters.listener.tls_inspector",
                    typed_config: {
                        "@type": `${EXTENSIONS}.filters.listener.tls_inspector.v3.TlsInspector`,
                    },
                },
            ],
            filter_chains: [
                {
                    transport_socket: await authority.server(`cluster.local/ns/${SERVICES}/sa/${service}`),
                    filters: chain.filters,
                },
            ],
        });
        const inbound = `inbound|${port}||`;
        clusters.set(inbound, withProtocol(cluster(inbound, app[protocol]), protocol));
        for (const caller of callers) {
            const [free = 0] = await freePorts(1);
            const name = `${caller.name}-to-${service}`;
            listeners.push(tunnel(name, free));
            clusters.set(name, {
                ...cluster(name, port, address),
                transport_socket: await authority.client(caller.principal),
            });
            tunnels.set(name, free);
        }
    }
    const [first] = ports;
    if (first === undefined) throw new Error("no ports");
    const running: RunningEnvoy = await startEnvoy(
        envoy,
        { layered_runtime: RUNTIME, static_resources: { listeners, clusters: [...clusters.values()] } },
        first.port,
        `${network}.1`,
    );
    return {
        portOf: (caller, service) => {
            const port = tunnels.get(`${caller}-to-${service}`);
            if (port === undefined) throw new Error(`${caller} or ${service} is not in this test`);
            return port;
        },
        stop: () => running.stop(),
    };
}

/** HTTP/2 to a cluster of a gRPC port. */
export function withProtocol(one: Json, protocol: ServicePort["protocol"]): Json {
    if (protocol === "HTTP") return one;
    const options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
    const http2 = {
        "@type": `type.googleapis.com/${options}`,
        explicit_http_config: { http2_protocol_options: {} },
    };
    return { ...one, typed_extension_protocol_options: { [options]: http2 } };
}

function labelsOf(service: string): Record<string, string> {
    return { app: service, "sparc.dev/service": service };
}

function podAddress(index: number): string {
    return `10.9.1.${index + 1}`;
}
