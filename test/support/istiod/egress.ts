/** A caller's sidecar and the egress gateway as istiod configures them, in a real Envoy each, and an external host. */
import { type KeyPair, createAuthority, issue } from "../../../local/node/authority";
import { RUNTIME, cluster } from "../envoy/edge";
import { tlsSocket } from "../envoy/identities";
import type { Json } from "../envoy/patched";
import { type RunningEnvoy, freePorts, startEnvoy } from "../envoy/program";
import { type ProxyConfig, readProxyConfig } from "./config-dump";
import type { ControlPlane, KubernetesObject } from "./control-plane";
import { localized, startGateway } from "./gateway";

const NAMES = { egress: "istio-egress", gateway: "istio-egressgateway", services: "sparc" } as const;
const GATEWAY_PORT = 443;
const POD = { gateway: "10.9.2.1", caller: "10.9.2.2" } as const;

interface EgressOptions {
    /** The calling service. */
    readonly caller: string;
    /** The external host, for which the egress gateway originates TLS. */
    readonly host: string;
    /** The host's port on loopback. It speaks HTTP: the TLS of this connection is not part of the test. */
    readonly hostPort: number;
    /** The address on which the egress gateway listens. */
    readonly address: string;
}

export interface EgressPath {
    /** The port on 127.0.0.1 of the caller's sidecar. */
    readonly sidecarPort: number;
    /** The port on 127.0.0.1 of a connection to the gateway with the caller's certificate, without its sidecar. */
    readonly gatewayPort: number;
    stop(): Promise<void>;
}

/** Registers the pods of the egress gateway and of `caller` with istiod. */
export function registeredEgress(caller: string): KubernetesObject[] {
    const entry = (name: string, namespace: string, address: string, port: Json) =>
        ({
            apiVersion: "networking.istio.io/v1",
            kind: "ServiceEntry",
            metadata: { name: `pods-of-${name}`, namespace },
            spec: {
                hosts: [`${name}.${namespace}.svc.cluster.local`],
                location: "MESH_INTERNAL",
                resolution: "STATIC",
                ports: [port],
                endpoints: [{ address, labels: labelsOf(name) }],
            },
        }) as KubernetesObject;
    return [
        entry(NAMES.gateway, NAMES.egress, POD.gateway, {
            number: GATEWAY_PORT,
            name: "tls-443",
            protocol: "TLS",
        }),
        entry(caller, NAMES.services, POD.caller, { number: 8080, name: "http", protocol: "HTTP" }),
    ];
}

export async function startEgress(
    envoy: string,
    plane: ControlPlane,
    { caller, host, hostPort, address }: EgressOptions,
): Promise<EgressPath> {
    const root = await createAuthority("mesh");
    const identity = (namespace: string, account: string, usages: readonly ("server" | "client")[]) =>
        issue(root, {
            commonName: "workload",
            uris: [`spiffe://cluster.local/ns/${namespace}/sa/${account}`],
            usages,
        });
    const gateway = await startGateway(envoy, plane, {
        gateway: NAMES.gateway,
        namespace: NAMES.egress,
        address,
        port: GATEWAY_PORT,
        appPort: hostPort,
        credentials: {},
        workload: {
            default: await identity(NAMES.egress, NAMES.gateway, ["server", "client"]),
            ROOTCA: { authority: root.certificate },
        },
    });
    const [sidecarPort = 0, gatewayPort = 0] = await freePorts(2);
    const { listener, route } = await outbound(envoy, plane, caller, host);
    const names = [...new Set(JSON.stringify(route).match(/outbound\|443\|[^"]+/g) ?? [])];
    const client = await identity(NAMES.services, caller, ["client"]);
    const toGateway = (name: string): Json => ({
        ...cluster(name, GATEWAY_PORT, address),
        transport_socket: mutualTls(client, root, host),
    });
    const listeners = [
        {
            ...listener,
            name: "outbound",
            address: { socket_address: { address: "127.0.0.1", port_value: sidecarPort } },
            // Without iptables there is no original destination.
            use_original_dst: false,
            bind_to_port: true,
        },
        {
            name: "direct",
            address: { socket_address: { address: "127.0.0.1", port_value: gatewayPort } },
            filter_chains: [
                {
                    filters: [
                        {
                            name: "envoy.filters.network.tcp_proxy",
                            typed_config: {
                                "@type":
                                    "type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
                                stat_prefix: "direct",
                                cluster: "direct",
                            },
                        },
                    ],
                },
            ],
        },
    ];
    const sidecar: RunningEnvoy = await startEnvoy(
        envoy,
        {
            layered_runtime: RUNTIME,
            static_resources: { listeners, clusters: [...names.map(toGateway), toGateway("direct")] },
        },
        sidecarPort,
    );
    return {
        sidecarPort,
        gatewayPort,
        stop: async () => {
            await sidecar.stop();
            await gateway.stop();
        },
    };
}

/** The caller's listener for plain requests to external hosts, with its routes. */
async function outbound(
    envoy: string,
    plane: ControlPlane,
    caller: string,
    host: string,
): Promise<{ readonly listener: Json; readonly route: Json }> {
    const proxy = {
        namespace: NAMES.services,
        labels: labelsOf(caller),
        address: POD.caller,
        outboundOnly: true,
    };
    const read = ({ listeners, routes }: ProxyConfig) => {
        const [name, route] = [...routes].find(([, one]) => JSON.stringify(one).includes(`"${host}"`)) ?? [];
        const listener = listeners.find((one) =>
            JSON.stringify(one).includes(`"route_config_name":"${name}"`),
        );
        if (listener === undefined || route === undefined) return undefined;
        return { listener: localized(listener, routes, "127.0.0.1"), route };
    };
    return readProxyConfig(envoy, plane, proxy, `no route to ${host}`, read);
}

function mutualTls(client: KeyPair, root: KeyPair, sni: string): Json {
    return tlsSocket("UpstreamTlsContext", client, root, { sni });
}

function labelsOf(service: string): Record<string, string> {
    return { app: service, "sparc.dev/service": service };
}
