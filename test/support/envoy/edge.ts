/** Runs derived objects in a real Envoy: a gateway, a sidecar behind it, and an application that echoes what it receives. */
import { generateKeyPairSync, sign } from "node:crypto";
import { type Server, createServer } from "node:http";
import type { Manifest } from "../../../components/base/manifest";
import { INGRESS_GATEWAYS, type GatewayKey, NAMESPACES, principal } from "../../../components/base/names";
import { type HttpResponse, type RawRequest, sendRequest } from "./client";
import { createAuthority } from "./identities";
import { EXTENSIONS, type Json, listener } from "./patched";
import { allowFilter, jwtFilter } from "./policies";
import { freePorts, startEnvoy } from "./program";

/** The trust domain of the stacks' workloads. */
const DOMAIN = { trustDomain: "cluster.local" };

const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });

/** The JWKS with the public key for the tokens of `token`. */
export const JWKS = JSON.stringify({
    keys: [{ ...publicKey.export({ format: "jwk" }), kid: "test", alg: "RS256" }],
});

/** A JWT that expires in an hour. */
export function token(claims: Json): string {
    const now = Math.floor(Date.now() / 1000);
    return signedToken(JSON.stringify({ exp: now + 3600, iat: now, sub: "test", ...claims }));
}

/** A JWT with this payload, byte for byte. */
export function signedToken(payload: string): string {
    const part = (text: string) => Buffer.from(text).toString("base64url");
    const text = `${part(JSON.stringify({ alg: "RS256", kid: "test" }))}.${part(payload)}`;
    return `${text}.${sign("sha256", Buffer.from(text), privateKey).toString("base64url")}`;
}

/** A request as the application receives it. */
export interface ReceivedRequest {
    readonly method: string;
    /** The request target, byte for byte. */
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
}

export interface Edge {
    /** The gateway's port on 127.0.0.1, in plaintext: HTTP/1.1 and HTTP/2. */
    readonly port: number;
    /** Sends a request through the gateway. */
    viaGateway(request: RawRequest): Promise<HttpResponse>;
    /** Sends a request directly to the sidecar, as a caller in the mesh does. @param caller one of `callers`. @default the first */
    toSidecar(request: RawRequest, caller?: string): Promise<HttpResponse>;
    stop(): Promise<void>;
}

export interface EdgeOptions {
    readonly gateway: GatewayKey;
    readonly service: string;
    /** The target port of the service's pods. */
    readonly port: number;
    /** Whether AuthorizationPolicies apply. @default true */
    readonly policies?: boolean;
    readonly objects: readonly Manifest[];
    /** The gateway's hosts by route name, where EnvoyFilters patch the routes. @default none */
    readonly hosts?: Readonly<Record<string, string>>;
    /** Service accounts of callers in the services' namespace. @default one that no policy matches */
    readonly callers?: readonly string[];
    /** How Envoy's RE2 reads text and patterns. @default as this Envoy does by default */
    readonly regexEncoding?: "latin1" | "utf8";
}

/** Istio's runtime flags (pkg/bootstrap/config.go): larger regular expressions; a URI fragment is stripped instead of rejected. */
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

function regexLayer({ regexEncoding }: EdgeOptions): Json[] {
    if (regexEncoding === undefined) return [];
    const guard = { "envoy.reloadable_features.re2_use_latin1_mode": regexEncoding === "latin1" };
    return [{ name: "regexes", static_layer: guard }];
}

/** Starts the gateway, the sidecar and the application. */
export async function startEdge(program: string, options: EdgeOptions): Promise<Edge> {
    const { objects, service, policies = true } = options;
    const app = await startApp();
    const appPort = (app.address() as { port: number }).port;
    const callers = options.callers ?? ["caller"];
    const [atGateway = 0, atSidecar = 0, ...atCallers] = await freePorts(2 + callers.length);
    const gateway = INGRESS_GATEWAYS[options.gateway];
    const authority = await createAuthority();
    const transport = (namespace: string, account: string) =>
        authority.client(principal(DOMAIN, namespace, account));
    const allowed = (namespace: string, workload: string) =>
        policies ? [allowFilter(objects, namespace, workload)] : [];
    const bootstrap = {
        layered_runtime: { layers: [...RUNTIME.layers, ...regexLayer(options)] },
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
        viaGateway: (request) => sendRequest(atGateway, request),
        toSidecar: (request, caller = callers[0] ?? "") => {
            const port = atCallers[callers.indexOf(caller)];
            if (port === undefined) throw new Error(`${caller} is not one of the callers`);
            return sendRequest(port, request);
        },
        stop: async () => {
            await envoy.stop();
            await new Promise((resolve) => app.close(resolve));
        },
    };
}

/** A TCP listener that forwards connections to the cluster of its name, which adds mutual TLS. */
export function tunnel(name: string, port: number): Json {
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

/** Starts an application that echoes each request as JSON, with headers of any size. */
export async function startApp(): Promise<Server> {
    const app = createServer({ maxHeaderSize: 16_777_216 }, (request, response) => {
        const seen: ReceivedRequest = {
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

/** The request that the application echoed in a response. */
export function receivedRequest({ body }: HttpResponse): ReceivedRequest {
    return JSON.parse(Buffer.from(body, "latin1").toString("utf8")) as ReceivedRequest;
}

export function cluster(name: string, port: number, address = "127.0.0.1"): Json {
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
                                address: { socket_address: { address, port_value: port } },
                            },
                        },
                    ],
                },
            ],
        },
    };
}
