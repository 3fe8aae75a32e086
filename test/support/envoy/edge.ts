/** A gateway's Envoy, a sidecar's behind it, and an application that says what it saw: derived objects in a real Envoy. */
import { generateKeyPairSync, sign } from "node:crypto";
import { type Server, createServer } from "node:http";
import type { Manifest } from "../../../components/base/manifest";
import { ENTRY_GATEWAYS, type GatewayKey, NAMESPACES, principal } from "../../../components/base/names";
import { type Answer, type RawRequest, ask } from "./client";
import { createAuthority } from "./identities";
import { EXTENSIONS, type Json, listener } from "./patched";
import { allowFilter, jwtFilter } from "./policies";
import { freePorts, startEnvoy } from "./program";

/** Of the stacks' workloads. */
const DOMAIN = { trustDomain: "cluster.local" };

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

/** The public key of `token`'s tokens, as a stack's issuer gives it. */
export const JWKS = JSON.stringify({
    keys: [{ ...publicKey.export({ format: "jwk" }), kid: "test", alg: "RS256" }],
});

/** A token that is good for an hour. */
export function token(claims: Json): string {
    const now = Math.floor(Date.now() / 1000);
    const part = (value: Json) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const text = `${part({ alg: "RS256", kid: "test" })}.${part({ exp: now + 3600, iat: now, sub: "test", ...claims })}`;
    return `${text}.${sign("sha256", Buffer.from(text), privateKey).toString("base64url")}`;
}

/** What the application saw. */
export interface Seen {
    readonly method: string;
    /** Its request target, octet by octet. */
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
}

export interface Edge {
    /** Where the gateway listens on 127.0.0.1, in plain text: HTTP/1.1 and HTTP/2. */
    readonly port: number;
    /** Through the gateway. */
    enter(request: RawRequest): Promise<Answer>;
    /** Straight to the sidecar, as a caller inside does. @param caller one of `callers`. @default the first */
    inside(request: RawRequest, caller?: string): Promise<Answer>;
    stop(): Promise<void>;
}

export interface EdgeOptions {
    readonly gateway: GatewayKey;
    readonly service: string;
    /** Of the service's pods. */
    readonly port: number;
    /** Whether the policies decide too. @default true */
    readonly policies?: boolean;
    readonly objects: readonly Manifest[];
    /** The gateway's routes by name, where EnvoyFilters change them. @default none */
    readonly hosts?: Readonly<Record<string, string>>;
    /** Service accounts in the services' namespace that call. @default one that no policy knows */
    readonly callers?: readonly string[];
}

/** What Istio sets (pkg/bootstrap/config.go): longer regular expressions, and fragments cut off instead of refused. */
export const RUNTIME = {
    layers: [
        {
            name: "istio",
            static_layer: {
                "re2.max_program_size.error_level": 32_768,
                "envoy.reloadable_features.http_reject_path_with_fragment": false,
            },
        },
    ],
};

/** Starts all three. */
export async function startEdge(program: string, options: EdgeOptions): Promise<Edge> {
    const { objects, service, policies = true } = options;
    const app = await startApp();
    const appPort = (app.address() as { port: number }).port;
    const callers = options.callers ?? ["caller"];
    const [atGateway = 0, atSidecar = 0, ...atCallers] = await freePorts(2 + callers.length);
    const gateway = ENTRY_GATEWAYS[options.gateway];
    const authority = await createAuthority();
    const transport = (namespace: string, account: string) =>
        authority.client(principal(DOMAIN, namespace, account));
    const allowed = (namespace: string, workload: string) =>
        policies ? [allowFilter(objects, namespace, workload)] : [];
    const bootstrap = {
        layered_runtime: RUNTIME,
        static_resources: {
            listeners: [
                listener(objects, {
                    namespace: NAMESPACES.ingress,
                    workload: gateway,
                    context: "GATEWAY",
                    filters: [
                        ...jwtFilter(objects, NAMESPACES.ingress, gateway),
                        ...allowed(NAMESPACES.ingress, gateway),
                    ],
                    cluster: "sidecar",
                    listen: atGateway,
                    ...(options.hosts === undefined ? {} : { hosts: options.hosts }),
                }),
                listener(objects, {
                    namespace: NAMESPACES.services,
                    workload: service,
                    context: "SIDECAR_INBOUND",
                    port: options.port,
                    filters: [
                        ...jwtFilter(objects, NAMESPACES.services, service),
                        ...allowed(NAMESPACES.services, service),
                    ],
                    cluster: "app",
                    listen: atSidecar,
                    transport: await authority.server(principal(DOMAIN, NAMESPACES.services, service)),
                }),
                ...callers.map((name, index) => tunnel(`from-${name}`, atCallers[index] ?? 0)),
            ],
            clusters: [
                {
                    ...cluster("sidecar", atSidecar),
                    transport_socket: await transport(NAMESPACES.ingress, gateway),
                },
                ...(await Promise.all(
                    callers.map(async (name) => ({
                        ...cluster(`from-${name}`, atSidecar),
                        transport_socket: await transport(NAMESPACES.services, name),
                    })),
                )),
                cluster("app", appPort),
            ],
        },
    };
    const envoy = await startEnvoy(program, bootstrap, atGateway);
    return {
        port: atGateway,
        enter: (request) => ask(atGateway, request),
        inside: (request, caller = callers[0] ?? "") => {
            const port = atCallers[callers.indexOf(caller)];
            if (port === undefined) throw new Error(`${caller} is none of the callers`);
            return ask(port, request);
        },
        stop: async () => {
            await envoy.stop();
            await new Promise((resolve) => app.close(resolve));
        },
    };
}

/** Passes connections on as they are, in the mutual TLS of the cluster of its name. */
function tunnel(name: string, port: number): Json {
    return {
        name,
        address: { socket_address: { address: "127.0.0.1", port_value: port } },
        filter_chains: [
            {
                filters: [
                    {
                        name: "envoy.filters.network.tcp_proxy",
                        typed_config: {
                            "@type": `${EXTENSIONS}.filters.network.tcp_proxy.v3.TcpProxy`,
                            stat_prefix: name,
                            cluster: name,
                        },
                    },
                ],
            },
        ],
    };
}

/** Echoes each request as JSON, however large its headers. */
export async function startApp(): Promise<Server> {
    const app = createServer({ maxHeaderSize: 16_777_216 }, (request, response) => {
        const seen: Seen = {
            method: request.method ?? "",
            path: request.url ?? "",
            headers: request.headers as Record<string, string>,
        };
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify(seen));
    });
    await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
    return app;
}

/** What the application saw of a request that it answered. */
export function seenBy({ body }: Answer): Seen {
    return JSON.parse(Buffer.from(body, "latin1").toString("utf8")) as Seen;
}

export function cluster(name: string, port: number): Json {
    return {
        name,
        type: "STATIC",
        load_assignment: {
            cluster_name: name,
            endpoints: [
                {
                    lb_endpoints: [
                        {
                            endpoint: {
                                address: { socket_address: { address: "127.0.0.1", port_value: port } },
                            },
                        },
                    ],
                },
            ],
        },
    };
}
