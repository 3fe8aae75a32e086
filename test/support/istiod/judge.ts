/** Filters in a real Envoy, behind mutual TLS: which requests they let pass. */
import { request as overTls } from "node:https";
import { type KeyPair, createAuthority, issue } from "../../../local/node/authority";
import { RUNTIME } from "../envoy/edge";
import { tlsSocket } from "../envoy/identities";
import { EXTENSIONS, type Json } from "../envoy/patched";
import { startEnvoy } from "../envoy/program";

export interface TriedRequest {
    /** The SPIFFE identity of the caller; undefined for one without a certificate. */
    readonly caller?: string | undefined;
    readonly method: string;
    readonly path: string;
    readonly host: string;
    readonly headers: Readonly<Record<string, string>>;
}

export interface Judge {
    /** The HTTP status: 200 from behind the filters. */
    status(chain: number, request: TriedRequest): Promise<number>;
    stop(): Promise<void>;
}

export const SERVER_NAME = "outbound_.8080_._.app.sparc.svc.cluster.local";

/**
 * Starts Envoy with a listener for each chain of filters.
 *
 * @param port that all of them listen on, each at an address of its own: policies compare it
 * @param callers SPIFFE identities that requests may have
 */
export async function startJudge(
    envoy: string,
    chains: readonly (readonly Json[])[],
    port: number,
    callers: readonly string[],
): Promise<Judge> {
    const authority = await createAuthority("test");
    const server = await issue(authority, {
        commonName: "app",
        dnsNames: ["app"],
        uris: ["spiffe://cluster.local/ns/sparc/sa/app"],
        usages: ["server"],
    });
    const clients = new Map<string, KeyPair>();
    for (const caller of callers)
        clients.set(
            caller,
            await issue(authority, { commonName: "caller", uris: [caller], usages: ["client"] }),
        );
    const listeners = chains.map((filters, index) =>
        listener(addressOf(index), port, filters, authority, server),
    );
    const running = await startEnvoy(
        envoy,
        { layered_runtime: RUNTIME, static_resources: { listeners } },
        port,
        addressOf(0),
    );
    return {
        status: (chain, request) => {
            const client = request.caller === undefined ? undefined : clients.get(request.caller);
            if (request.caller !== undefined && client === undefined)
                throw new Error(`${request.caller} has no certificate`);
            return send(addressOf(chain), port, request, authority, client);
        },
        stop: () => running.stop(),
    };
}

/** Linux answers at every address of 127.0.0.0/8; files of tests that run beside each other have one network each. */
function addressOf(chain: number): string {
    return `127.${1 + (process.pid % 250)}.${Math.floor(chain / 250)}.${(chain % 250) + 1}`;
}

function listener(
    address: string,
    port: number,
    filters: readonly Json[],
    authority: KeyPair,
    server: KeyPair,
): Json {
    return {
        name: address,
        address: { socket_address: { address, port_value: port } },
        listener_filters: [
            {
                name: "envoy.filters.listener.tls_inspector",
                typed_config: { "@type": `${EXTENSIONS}.filters.listener.tls_inspector.v3.TlsInspector` },
            },
        ],
        filter_chains: [
            {
                transport_socket: tlsSocket("DownstreamTlsContext", server, authority),
                filters: [
                    {
                        name: "envoy.filters.network.http_connection_manager",
                        typed_config: connectionManager(filters),
                    },
                ],
            },
        ],
    };
}

/** As istiod makes it with `pathNormalization: BASE`, in front of an application that always answers. */
function connectionManager(filters: readonly Json[]): Json {
    return {
        "@type": `${EXTENSIONS}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
        stat_prefix: "judge",
        normalize_path: true,
        http_filters: [
            ...filters,
            {
                name: "envoy.filters.http.router",
                typed_config: { "@type": `${EXTENSIONS}.filters.http.router.v3.Router` },
            },
        ],
        route_config: {
            virtual_hosts: [
                {
                    name: "all",
                    domains: ["*"],
                    routes: [{ match: { prefix: "/" }, direct_response: { status: 200 } }],
                },
            ],
        },
    };
}

function send(
    address: string,
    port: number,
    { method, path, host, headers }: TriedRequest,
    authority: KeyPair,
    client: KeyPair | undefined,
): Promise<number> {
    return new Promise((resolve, reject) => {
        overTls(
            {
                ...{ host: address, port, method, path, agent: false },
                servername: SERVER_NAME,
                ca: authority.certificate,
                checkServerIdentity: () => undefined,
                ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
                headers: { ...headers, host },
            },
            (response) => {
                response.resume().on("end", () => {
                    resolve(response.statusCode ?? 0);
                });
            },
        )
            .on("error", reject)
            .end();
    });
}
