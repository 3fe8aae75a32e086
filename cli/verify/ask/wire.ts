/** Checks as `standin probe` reads them, and what it writes (local/standin/probe_request.go). */
import { CLUSTER_DOMAIN, NAMESPACES, PROBE_HEADER, serviceHost } from "../../../components/base/names";
import { HOST_HEADER } from "../probers/hosts";
import type { Behaviour, Check, Entry, Token, WireRequest, WireResult } from "../model";

const TIMEOUT_MS = 10_000;
/** A pod that is ready may still wait for its callee's endpoints. A refusal is asked for once: it must hold at once. */
const ATTEMPTS_FOR_AN_ANSWER = 4;

type Headers = Readonly<Record<string, string>>;

/** What checks at the gateways need besides what they say. */
export interface Credentials {
    /** The CA of each gateway's certificate, by the name of its Secret. */
    readonly certificates: ReadonlyMap<string, string>;
    /** Signs tokens; undefined where no key is at hand. */
    readonly sign: ((token: Token) => string) | undefined;
    /** What clients present, of each authority that has a client's certificate in the cluster. */
    readonly clients: ReadonlyMap<string, KeyPair>;
    /** What nobody has signed whom a gateway trusts. */
    readonly foreignClient: KeyPair | undefined;
}

/** A certificate and its key, in PEM. */
export interface KeyPair {
    readonly certificate: string;
    readonly key: string;
}

/** What `check` presents; undefined where it presents nothing, or nothing is at hand. */
export function presented(
    { clientCertificate }: Pick<Entry, "clientCertificate">,
    { clients, foreignClient }: Pick<Credentials, "clients" | "foreignClient">,
): KeyPair | undefined {
    if (clientCertificate === undefined) return undefined;
    return clientCertificate.foreign === true ? foreignClient : clients.get(clientCertificate.authority);
}

export function toProbe(check: Check, credentials: Credentials): Record<string, unknown> {
    const { id, request, behaviour, expected } = check;
    const { headers: telling, ...behaving } = behaviour === undefined ? {} : told(request, behaviour);
    const { headers, ...targeted } = target(check, credentials);
    return {
        id,
        ...request,
        ...behaving,
        ...targeted,
        // Of TCP the mesh sees connections only.
        ...(request.protocol === "tcp" ? {} : { headers: { ...telling, ...headers, [PROBE_HEADER]: "1" } }),
        timeoutMs: TIMEOUT_MS + (behaviour?.kind === "is-slow" ? behaviour.milliseconds : 0),
        attempts: ["answered", "left"].includes(expected.kind) ? ATTEMPTS_FOR_AN_ANSWER : 1,
    };
}

/** The same request, with what tells the stand-in how to answer it (local/standin/README.md). */
function told(request: WireRequest, behaviour: Behaviour): Told {
    if (request.protocol === "grpc") {
        const headers =
            behaviour.kind === "fails"
                ? { "standin-status": "14" }
                : { "standin-delay": `${behaviour.milliseconds}ms` };
        return { headers };
    }
    if (request.protocol === "tcp")
        return behaviour.kind === "is-slow" ? { delay: `${behaviour.milliseconds}ms` } : {};
    const query = behaviour.kind === "fails" ? "status=503" : `delay=${behaviour.milliseconds}ms`;
    return { path: `${request.path}?${query}` };
}

interface Told {
    readonly headers?: Headers;
    readonly path?: string;
    readonly delay?: string;
}

function target(
    { destination, request, entry, outside, sends, host: hostHeader }: Check,
    credentials: Credentials,
): { readonly headers?: Headers } & Record<string, unknown> {
    const { certificates, sign } = credentials;
    if (outside !== undefined) {
        const { host, port, address, authority, headers } = outside;
        return {
            address: `${address ?? host}:${port}`,
            ...(request.protocol === "tcp" ? {} : { host }),
            ...(headers === undefined ? {} : { headers }),
            ...(authority === undefined || request.protocol === "tcp"
                ? {}
                : { tls: { serverName: host, caPem: authority } }),
        };
    }
    if (entry === undefined) {
        const headers = {
            ...(hostHeader === undefined ? {} : { [HOST_HEADER]: hostHeader }),
            ...sends?.headers,
            ...(sends?.token === undefined || sign === undefined
                ? {}
                : { authorization: `Bearer ${sign(sends.token)}` }),
        };
        return {
            ...(Object.keys(headers).length === 0 ? {} : { headers }),
            address: `${serviceHost(destination.name, destination.namespace)}:${destination.port.number}`,
        };
    }
    const {
        gateway,
        host,
        port,
        transport = {},
        token,
        tokenInQuery,
        proxyHeader,
        scheme = "Bearer",
    } = entry;
    const headers = {
        ...entry.headers,
        ...(token !== undefined && sign !== undefined ? { authorization: `${scheme} ${sign(token)}` } : {}),
    };
    return {
        ...(tokenInQuery === undefined || sign === undefined
            ? {}
            : withQuery(request, `access_token=${sign(tokenInQuery)}`)),
        ...(proxyHeader === undefined ? {} : { proxyHeader }),
        address: `${gateway}.${NAMESPACES.ingress}.svc.${CLUSTER_DOMAIN}:${port}`,
        ...(request.protocol === "tcp" ? {} : { host: entry.hostHeader ?? host, headers }),
        ...(transport === "plain"
            ? {}
            : {
                  tls: {
                      serverName: entry.serverName ?? host,
                      caPem: certificates.get(entry.certificate),
                      ...clientOf(presented(entry, credentials)),
                      ...transport,
                  },
              }),
    };
}

function clientOf(pair: KeyPair | undefined): Record<string, string> {
    return pair === undefined ? {} : { certPem: pair.certificate, keyPem: pair.key };
}

function withQuery(request: WireRequest, query: string): Record<string, string> {
    if (request.protocol === "tcp") return {};
    return request.protocol === "grpc"
        ? { method: `${request.method}?${query}` }
        : { path: `${request.path}?${query}` };
}

/** One result a line. */
export function parseResults(stdout: string): WireResult[] {
    return stdout
        .split("\n")
        .filter((line) => line.trim() !== "")
        .map((line) => JSON.parse(line) as WireResult);
}
