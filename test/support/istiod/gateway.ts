/**
 * A gateway as istiod configures it, in a real Envoy: istiod sends listeners and routes, the test supplies certificates and
 * the application behind it. It listens on the gateway's port numbers at a loopback address, since policies match the ports.
 */
import { NAMESPACES } from "../../../components/base/names";
import { RUNTIME, cluster } from "../envoy/edge";
import type { Json } from "../envoy/patched";
import { type RunningEnvoy, startEnvoy } from "../envoy/program";
import { type ProxyConfig, readProxyConfig } from "./config-dump";
import type { ControlPlane } from "./control-plane";

/** A certificate with its key, or a CA. PEM. */
export type Credential =
    { readonly certificate: string; readonly key: string } | { readonly authority: string };

export interface GatewayOptions {
    /** The gateway's name, a label of its pods. */
    readonly gateway: string;
    /** @default the ingress gateways' */
    readonly namespace?: string;
    /** By Secret name; for a CA, by the name that the Gateway derives. */
    readonly credentials: Readonly<Record<string, Credential>>;
    /** What a proxy gets from istiod: its certificate as `default`, and the mesh's roots as `ROOTCA`. @default none */
    readonly workload?: Readonly<Record<"default" | "ROOTCA", Credential>>;
    /** The application's port on loopback, unless `clusterOf` is given. */
    readonly appPort?: number;
    /** The cluster with this name. @default one for the application */
    readonly clusterOf?: (name: string) => Json;
    /** The address on which the gateway listens. */
    readonly address: string;
    /** One of the gateway's ports, which accepts connections when `startGateway` returns. */
    readonly port: number;
    /** Its ProxyConfig. @default none */
    readonly proxyConfig?: Json;
}

export async function startGateway(
    envoy: string,
    plane: ControlPlane,
    {
        gateway,
        namespace = NAMESPACES.ingress,
        credentials,
        workload,
        appPort = 0,
        clusterOf = (name) => cluster(name, appPort),
        address,
        port,
        proxyConfig,
    }: GatewayOptions,
): Promise<RunningEnvoy> {
    const { listeners, routes } = await gatewayConfig(envoy, plane, gateway, namespace, proxyConfig);
    const localListeners = listeners.map((listener) => localized(listener, routes, address));
    const names = new Set(JSON.stringify(localListeners).match(/outbound\|[^"]+/g) ?? []);
    const node = {
        layered_runtime: RUNTIME,
        static_resources: {
            listeners: localListeners,
            clusters: [...names].map(clusterOf),
            secrets: [
                ...Object.entries(credentials).map(([name, one]) => secret(`kubernetes://${name}`, one)),
                ...Object.entries(workload ?? {}).map(([name, one]) => secret(name, one)),
            ],
        },
    };
    return await startEnvoy(envoy, node, port, address);
}

async function gatewayConfig(
    envoy: string,
    plane: ControlPlane,
    gateway: string,
    namespace: string,
    proxyConfig?: Json,
): Promise<ProxyConfig> {
    const proxy = {
        type: "router" as const,
        namespace,
        labels: { "sparc.dev/service": gateway },
        address: "10.9.0.1",
        proxyConfig,
    };
    return readProxyConfig(envoy, plane, proxy, "no listeners with their routes", (config) => {
        const expectedRoutes = config.listeners.flatMap((one) => routeNames(one));
        const isComplete =
            config.listeners.length > 0 && expectedRoutes.every((name) => config.routes.has(name));
        return isComplete ? config : undefined;
    });
}

export function routeNames(listener: Json): string[] {
    return [...JSON.stringify(listener).matchAll(/"route_config_name":"([^"]+)"/g)].map(
        ([, name = ""]) => name,
    );
}

/** The listener on `address`, with routes inlined and certificates referenced by name. */
export function localized(listener: Json, routes: ProxyConfig["routes"], address: string): Json {
    const copy = JSON.parse(JSON.stringify(listener), (_key, value: unknown) => {
        if (typeof value !== "object" || value === null) return value;
        if (Array.isArray(value)) return value as unknown[];
        const fields: Json = { ...(value as Json) };
        const { rds } = fields as { rds?: { route_config_name: string } };
        // A secret without an SDS source is one of the bootstrap's static secrets.
        delete fields["sds_config"];
        if (rds === undefined) return fields;
        delete fields["rds"];
        return { ...fields, route_config: routes.get(rds.route_config_name) };
    }) as { address: { socket_address: { address: string } } } & Json;
    copy.address.socket_address.address = address;
    return copy;
}

function secret(name: string, credential: Credential): Json {
    const inline = (inline_string: string) => ({ inline_string });
    return {
        name,
        ...("authority" in credential
            ? { validation_context: { trusted_ca: inline(credential.authority) } }
            : {
                  tls_certificate: {
                      certificate_chain: inline(credential.certificate),
                      private_key: inline(credential.key),
                  },
              }),
    };
}
