/** The input and output of `standin probe` (local/standin/probe_request.go). */
import { CLUSTER_DOMAIN, NAMESPACES, PROBE_HEADER, serviceHost } from "../../../components/base/names";
import { HOST_HEADER } from "../probers/hosts";
import type { Behavior, Check, IngressTarget, Token, WireRequest, WireResult } from "../model";

const TIMEOUT_MS = 10_000;
/**
 * The proxy of a ready pod may not have its callee's endpoints yet. A denial gets one attempt: it must hold at once.
 */
const ATTEMPTS_FOR_AN_ANSWER = 4;

type Headers = Readonly<Record<string, string>>;

/** Keys and certificates for checks at the gateways. */
export interface Credentials {
    /** The CA of each gateway's certificate, by the name of its Secret. */
    readonly certificates: ReadonlyMap<string, string>;
    /** Signs tokens; undefined without a key. */
    readonly sign: ((token: Token) => string) | undefined;
    /** Client certificates by CA, as far as the cluster has them. */
    readonly clients: ReadonlyMap<string, KeyPair>;
    /** A client certificate of an untrusted CA. */
    readonly foreignClient: KeyPair | undefined;
}

/** A certificate and its key, in PEM. */
export interface KeyPair {
    readonly certificate: string;
    readonly key: string;
}

/** The client certificate of a check; undefined if it presents none, or the cluster has none. */
export function presented(
    { clientCertificate }: Pick<IngressTarget, "clientCertificate">,
    { clients, foreignClient }: Pick<Credentials, "clients" | "foreignClient">,
): KeyPair | undefined {
    if (clientCertificate === undefined) return undefined;
    return clientCertificate.foreign === true ? foreignClient : clients.get(clientCertificate.authority);
}

export function toProbe(check: Check, credentials: Credentials): Record<string, unknown> {
    const { id, request, behavior, expected } = check;
    const { headers: behaviorHeaders, ...behaviorRequest } =
        behavior === undefined ? {} : behaviorFields(request, behavior);
    const { headers, ...targeted } = target(check, credentials);
    return {
        id,
        ...request,
        ...behaviorRequest,
        ...targeted,
        // Over TCP there are no headers.
        ...(request.protocol === "tcp"
            ? {}
            : { headers: { ...behaviorHeaders, ...headers, [PROBE_HEADER]: "1" } }),
        timeoutMs: TIMEOUT_MS + (behavior?.kind === "delay" ? behavior.milliseconds : 0),
        attempts: ["answered", "via-egress-gateway"].includes(expected.kind) ? ATTEMPTS_FOR_AN_ANSWER : 1,
    };
}

/** The request fields that make the stand-in fail or respond late (local/standin/README.md). */
function behaviorFields(request: WireRequest, behavior: Behavior): BehaviorFields {
    if (request.protocol === "grpc") {
        const headers =
            behavior.kind === "fail"
                ? { "standin-status": "14" }
                : { "standin-delay": `${behavior.milliseconds}ms` };
        return { headers };
    }
    if (request.protocol === "tcp")
        return behavior.kind === "delay" ? { delay: `${behavior.milliseconds}ms` } : {};
    const query = behavior.kind === "fail" ? "status=503" : `delay=${behavior.milliseconds}ms`;
    return { path: `${request.path}?${query}` };
}

interface BehaviorFields {
    readonly headers?: Headers;
    readonly path?: string;
    readonly delay?: string;
}

function target(
    { destination, request, ingress, egress, sends, host: hostHeader }: Check,
    credentials: Credentials,
): { readonly headers?: Headers } & Record<string, unknown> {
    const { certificates, sign } = credentials;
    if (egress !== undefined) {
        const { host, port, address, authority, headers } = egress;
        return {
            address: `${address ?? host}:${port}`,
            ...(request.protocol === "tcp" ? {} : { host }),
            ...(headers === undefined ? {} : { headers }),
            ...(authority === undefined || request.protocol === "tcp"
                ? {}
                : { tls: { serverName: host, caPem: authority } }),
        };
    }
    if (ingress === undefined) {
        const headers = {
            ...(hostHeader === undefined ? {} : { [HOST_HEADER]: hostHeader }),
            ...sends?.headers,
            ...(sends?.token === undefined || sign === undefined
                ? {}
                : { authorization: `Bearer ${sign(sends.token)}` }),
        };
        return {
            ...(Object.keys(headers).length === 0 ? {} : { headers }),
            address: `${serviceHost(destination.service ?? destination.name, destination.namespace)}:${destination.port.number}`,
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
    } = ingress;
    const headers = {
        ...ingress.headers,
        ...(token !== undefined && sign !== undefined ? { authorization: `${scheme} ${sign(token)}` } : {}),
    };
    return {
        ...(tokenInQuery === undefined || sign === undefined
            ? {}
            : withQuery(request, `access_token=${sign(tokenInQuery)}`)),
        ...(proxyHeader === undefined ? {} : { proxyHeader }),
        address: `${gateway}.${NAMESPACES.ingress}.svc.${CLUSTER_DOMAIN}:${port}`,
        ...(request.protocol === "tcp" ? {} : { host: ingress.hostHeader ?? host, headers }),
        ...(transport === "plain"
            ? {}
            : {
                  tls: {
                      serverName: ingress.serverName ?? host,
                      caPem: certificates.get(ingress.certificate),
                      ...clientOf(presented(ingress, credentials)),
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

/** Parses one result per line. */
export function parseResults(stdout: string): WireResult[] {
    return stdout
        .split("\n")
        .filter((line) => line.trim() !== "")
        .map((line) => JSON.parse(line) as WireResult);
}
