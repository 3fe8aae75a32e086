/** Evaluates HTTP filters in a real Envoy, behind mutual TLS: which requests they allow. */
import { Agent, request as overTls } from "node:https";
import { type KeyPair, createAuthority, issue } from "../../../local/node/authority";
import { RUNTIME } from "../envoy/edge";
import { tlsSocket } from "../envoy/identities";
import { EXTENSIONS, type Json } from "../envoy/patched";
import { startEnvoy } from "../envoy/program";

export interface TestRequest {
    /** The SPIFFE identity of the caller; undefined for one without a certificate. */
    readonly caller?: string | undefined;
    readonly method: string;
    readonly path: string;
    readonly host: string;
    readonly headers: Readonly<Record<string, string>>;
}

export interface EnvoyEvaluator {
    /** The HTTP status: 200 from the application behind the filters. */
    status(chain: number, request: TestRequest): Promise<number>;
    stop(): Promise<void>;
}

export const SERVER_NAME = "outbound_.8080_._.app.sparc.svc.cluster.local";

/**
 * Starts Envoy with a listener for each chain of filters.
 *
 * @param port of all listeners, each at a separate address: policies match the port
 * @param callers SPIFFE identities available to requests
 */
export async function startEnvoyEvaluator(
    envoy: string,
    chains: readonly (readonly Json[])[],
    port: number,
    callers: readonly string[],
): Promise<EnvoyEvaluator> {
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
    // Handshakes would be most of the work: each caller has one connection to each listener.
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    return {
        status: (chain, request) => {
            const client = request.caller === undefined ? undefined : clients.get(request.caller);
            if (request.caller !== undefined && client === undefined)
                throw new Error(`${request.caller} has no certificate`);
            return send(agent, { host: addressOf(chain), port, ca: authority.certificate }, request, client);
        },
        stop: () => {
            agent.destroy();
            return running.stop();
        },
    };
}

/** Linux accepts every address of 127.0.0.0/8; each test file that runs in parallel has a separate network. */
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

/** The manager that istiod configures with `pathNormalization: BASE`, in front of an application that always answers 200. */
function connectionManager(filters: readonly Json[]): Json {
    return {
        "@type": `${EXTENSIONS}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
        stat_prefix: "evaluator",
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
    agent: Agent,
    target: { readonly host: string; readonly port: number; readonly ca: string },
    { method, path, host, headers }: TestRequest,
    client: KeyPair | undefined,
): Promise<number> {
    return new Promise((resolve, reject) => {
        overTls(
            {
                ...{ ...target, method, path, agent },
                servername: SERVER_NAME,
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
