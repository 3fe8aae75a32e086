/**
 * An entry gateway as istiod configures it, in a real Envoy: listeners and routes come from istiod, certificates and the application
 * behind from the test. It listens on its own ports of a loopback address, since policies name these.
 */
import { setTimeout as pause } from "node:timers/promises";
import { NAMESPACES } from "../../../components/base/names";
import { RUNTIME, cluster } from "../envoy/edge";
import type { Json } from "../envoy/patched";
import { type RunningEnvoy, freePorts, startEnvoy } from "../envoy/program";
import type { ControlPlane } from "./control-plane";
import { bootstrap } from "./inbound";

const CONFIG_MS = 60_000;

/** A certificate with its key, or a CA. PEM. */
export type Credential =
    { readonly certificate: string; readonly key: string } | { readonly authority: string };

export interface GatewayOptions {
    /** The gateway's name, which its pods' labels have. */
    readonly gateway: string;
    /** By the name of the Secret, and of a CA as a Gateway names it. */
    readonly credentials: Readonly<Record<string, Credential>>;
    /** Where the application listens. */
    readonly appPort: number;
    /** Where the gateway listens. */
    readonly address: string;
    /** One of its ports, which accepts connections when this returns. */
    readonly port: number;
}

interface Configs {
    readonly listeners: Json[];
    readonly routes: ReadonlyMap<string, Json>;
}

export async function startGateway(
    envoy: string,
    plane: ControlPlane,
    { gateway, credentials, appPort, address, port }: GatewayOptions,
): Promise<RunningEnvoy> {
    const { listeners, routes } = await received(envoy, plane, gateway);
    const own = listeners.map((listener) => localized(listener, routes, address));
    const names = new Set(JSON.stringify(own).match(/outbound\|[^"]+/g) ?? []);
    const node = {
        layered_runtime: RUNTIME,
        static_resources: {
            listeners: own,
            clusters: [...names].map((name) => cluster(name, appPort)),
            secrets: Object.entries(credentials).map(([name, one]) => secret(name, one)),
        },
    };
    return await startEnvoy(envoy, node, port, address);
}

/** What istiod sends. Without certificates the listeners only warm, which is enough to read them. */
async function received(envoy: string, { xdsPort }: ControlPlane, gateway: string): Promise<Configs> {
    const [admin = 0] = await freePorts(1);
    const proxy = {
        namespace: NAMESPACES.ingress,
        labels: { "sparc.dev/service": gateway },
        address: "10.9.0.1",
    };
    const running = await startEnvoy(envoy, bootstrap(proxy, xdsPort, admin, "router"), admin);
    try {
        for (const until = Date.now() + CONFIG_MS; ;) {
            const found = configsOf(
                (await (await fetch(`http://127.0.0.1:${admin}/config_dump`)).json()) as Dump,
            );
            const wanted = found.listeners.flatMap((one) => routeNames(one));
            if (found.listeners.length > 0 && wanted.every((name) => found.routes.has(name))) return found;
            if (Date.now() > until) throw new Error(`istiod gave ${gateway} no listeners with routes`);
            await pause(100);
        }
    } finally {
        await running.stop();
    }
}

interface Dump {
    readonly configs: readonly {
        readonly dynamic_listeners?: readonly {
            readonly active_state?: { readonly listener: Json };
            readonly warming_state?: { readonly listener: Json };
            readonly error_state?: { readonly details: string };
        }[];
        readonly dynamic_route_configs?: readonly { readonly route_config: Json }[];
    }[];
}

function configsOf({ configs }: Dump): Configs {
    const dynamic = configs.flatMap(({ dynamic_listeners = [] }) => dynamic_listeners);
    for (const { error_state } of dynamic)
        if (error_state !== undefined)
            throw new Error(`Envoy refuses what istiod sends: ${error_state.details}`);
    return {
        listeners: dynamic.flatMap(({ active_state, warming_state }) => {
            const state = active_state ?? warming_state;
            return state === undefined ? [] : [untyped(state.listener)];
        }),
        routes: new Map(
            configs
                .flatMap(({ dynamic_route_configs = [] }) => dynamic_route_configs)
                .map(({ route_config }) => [String(route_config["name"]), untyped(route_config)]),
        ),
    };
}

/** A dump has each message as google.protobuf.Any. */
function untyped(message: Json): Json {
    return Object.fromEntries(Object.entries(message).filter(([name]) => name !== "@type"));
}

function routeNames(listener: Json): string[] {
    return [...JSON.stringify(listener).matchAll(/"route_config_name":"([^"]+)"/g)].map(
        ([, name = ""]) => name,
    );
}

/** The listener with its routes in place, its certificates by name, and on `address`. */
function localized(listener: Json, routes: Configs["routes"], address: string): Json {
    const own = JSON.parse(JSON.stringify(listener), (_key, value: unknown) => {
        if (typeof value !== "object" || value === null) return value;
        if (Array.isArray(value)) return value as unknown[];
        const fields: Json = { ...(value as Json) };
        const { rds } = fields as { rds?: { route_config_name: string } };
        // A secret without a source is one of the bootstrap's own.
        delete fields["sds_config"];
        if (rds === undefined) return fields;
        delete fields["rds"];
        return { ...fields, route_config: routes.get(rds.route_config_name) };
    }) as { address: { socket_address: { address: string } } } & Json;
    own.address.socket_address.address = address;
    return own;
}

function secret(name: string, credential: Credential): Json {
    const inline = (inline_string: string) => ({ inline_string });
    return {
        name: `kubernetes://${name}`,
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
