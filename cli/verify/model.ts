/** The data of `mesh verify`: checks, expectations and results. */
import type { GrpcPort, HttpPort, TcpPort, WebSocketPort } from "../../catalogue/model";

/**
 * What a check tests, and from where.
 * - `identity`: from a prober with the source's identity and an unrestricted sidecar, so that the callee decides.
 * - `authorization`: from the source's pod, so that its sidecar decides first.
 * - `ingress`: from outside the mesh, through a gateway.
 * - `egress`: to external services, from both kinds of pods.
 * - `resilience`: from the source's pod, to a callee that fails or is slow on request.
 */
export type Layer = "identity" | "authorization" | "ingress" | "egress" | "resilience";
/** In execution order: checks that make callees fail come last. */
export const LAYERS: readonly Layer[] = ["identity", "authorization", "ingress", "egress", "resilience"];

/**
 * Parts of a run that need more than the cluster, and cannot always be checked.
 * - `certificates`: the CAs of the gateways' certificates.
 * - `client-certificates`: a client certificate of each CA that exposures require.
 * - `egress`: simulated external services.
 * - `tokens`: the key of an issuer that the gateways trust.
 */
export const OPTIONAL_PARTS = ["certificates", "client-certificates", "egress", "tokens"] as const;
export type OptionalPart = (typeof OPTIONAL_PARTS)[number];

/** A part that a run did not check, and that is therefore not proven. */
export interface Unchecked {
    /** Display text. */
    readonly part: string;
    readonly reason: string;
    /** Its name for `--allow-unchecked`; absent for layers that were not selected. */
    readonly optional?: OptionalPart;
    /** Whether the user excluded it, or no run can check it. Otherwise the run fails. */
    readonly requested: boolean;
}

/**
 * A caller.
 * - `unknown-workload`: a workload in the mesh that the catalogue does not list.
 * - `outside-mesh`: a pod without a sidecar, and therefore without an identity.
 */
export interface Source {
    readonly kind: "service" | "gateway" | "unknown-workload" | "outside-mesh";
    /** Display name. */
    readonly name: string;
    readonly namespace: string;
    readonly account: string;
}

/** A port of a service or store, including the health port. */
export interface Destination {
    /** The workload's name. */
    readonly name: string;
    readonly namespace: string;
    /** The name of the Service. @default the workload's */
    readonly service?: string;
    readonly portName: string;
    readonly port: HttpPort | GrpcPort | WebSocketPort | TcpPort;
    /** PERMISSIVE ports accept connections without mutual TLS. */
    readonly mtls: "STRICT" | "PERMISSIVE";
}

/** A request that `standin probe` sends; `method` is an HTTP method, or a full gRPC method name. */
export type WireRequest =
    | { readonly protocol: "http"; readonly method: string; readonly path: string }
    | { readonly protocol: "grpc"; readonly method: string }
    | { readonly protocol: "ws"; readonly path: string }
    | { readonly protocol: "tcp" };

/** How the callee's stand-in responds. */
export type Behavior =
    /** With 503, or UNAVAILABLE over gRPC. */
    { readonly kind: "fail" } | { readonly kind: "delay"; readonly milliseconds: number };

/** The expected result, as observed on the wire. */
export type Expected =
    /**
     * The callee responds, and saw `caller` (null for TCP, or without a sidecar). It saw these header values; null
     * means absent. If `counted`, the response headers show that the rate limiter counted the request for its client's
     * plan.
     */
    | {
          readonly kind: "answered";
          readonly caller: string | null;
          readonly counted?: true;
          readonly headers?: Readonly<Record<string, string | null>>;
      }
    /**
     * Denied by RBAC: 403 over HTTP and gRPC; a TCP connection is closed, and counted by Envoy. CORS allows
     * `allowedOrigin` to read the response.
     */
    | { readonly kind: "rbac"; readonly allowedOrigin?: string }
    /**
     * The callee's sidecar rejects connections without mutual TLS; a gateway, connections that do not start with TLS.
     */
    | { readonly kind: "handshake-rejected" }
    /** The source's sidecar, or the gateway, has no route to the destination. */
    | { readonly kind: "no-route" }
    /** The cluster's DNS responds NXDOMAIN, without querying an external name server. */
    | { readonly kind: "no-such-host" }
    /** The caller receives the callee's failure from this attempt, counted from 1. */
    | { readonly kind: "attempts"; readonly count: number }
    /** The request times out after this many milliseconds. */
    | { readonly kind: "timeout"; readonly after: number }
    /**
     * The external host responds. It saw one of `peers` (the egress gateway's pods) as its peer, no caller identity,
     * and none of the headers that are null.
     */
    | {
          readonly kind: "via-egress-gateway";
          readonly peers: readonly string[];
          readonly headers?: Readonly<Record<string, null>>;
      }
    /** The gateway rejects the token. CORS allows `allowedOrigin` to read the response. */
    | { readonly kind: "token-rejected"; readonly allowedOrigin?: string }
    /** The gateway redirects the client. */
    | { readonly kind: "redirect"; readonly location: string }
    /** The gateway supports no TLS version that the client offers. */
    | { readonly kind: "tls-version-rejected" }
    /** The gateway responds 400 with the reason why it rejects the path. */
    | { readonly kind: "path-rejected" }
    /** The gateway aborts the handshake, because the client presents no trusted certificate. */
    | { readonly kind: "certificate-rejected" };
export type ExpectedKind = Expected["kind"];

/** The gateway and host of an ingress check, and the client's credentials. */
export interface IngressTarget {
    readonly gateway: string;
    readonly host: string;
    /** The gateway's Service port. */
    readonly port: number;
    /** The Secret with the gateway's certificate and its CA. */
    readonly certificate: string;
    /** @default TLS with the library's default versions */
    readonly transport?: "plain" | TlsVersions;
    /** @default none */
    readonly token?: Token;
    /** The SNI. @default `host` */
    readonly serverName?: string;
    /** The client certificate. @default none */
    readonly clientCertificate?: ClientCertificate;
    /** The scheme of the Authorization header. @default Bearer */
    readonly scheme?: string;
    /** The Host header. @default `host` */
    readonly hostHeader?: string;
    /** A second token, in the query string. @default none */
    readonly tokenInQuery?: Token;
    /** Additional request headers. @default none */
    readonly headers?: Readonly<Record<string, string>>;
    /** A PROXY protocol header, sent first. @default none */
    readonly proxyHeader?: string;
}

/** A client certificate of a CA that the stack trusts, or, if `foreign`, of an untrusted CA. */
export interface ClientCertificate {
    readonly authority: string;
    readonly foreign?: true;
}

/** The external host of an egress check, and the pod that sends the request. */
export interface EgressTarget {
    readonly host: string;
    /** The port that the caller uses. */
    readonly port: number;
    /** The address to connect to. @default resolved from the host name */
    readonly address?: string;
    /** Additional request headers. @default none */
    readonly headers?: Readonly<Record<string, string>>;
    /** The CA of the host's certificate, if the caller uses TLS itself; PEM. */
    readonly authority?: string;
    /** The source's pod, whose sidecar decides first, or its prober, so that the egress gateway decides. */
    readonly from: "pod" | "prober";
}

/** The TLS versions that a client offers, such as `1.2`. */
export interface TlsVersions {
    readonly minVersion?: string;
    readonly maxVersion?: string;
}

/** The user context that a caller sends: headers, and a forwarded token. */
export interface RequestContext {
    readonly headers: Readonly<Record<string, string>>;
    /** @default none */
    readonly token?: Token;
}

/** An unsigned token of the stack's first issuer. */
export interface Token {
    readonly tenant: string;
    /** The form of the tenant claim: absent, or a list. @default string */
    readonly tenantForm?: "absent" | "list";
    readonly subject: string;
    readonly roles?: readonly string[];
    readonly scopes?: readonly string[];
    readonly plan?: string;
    /** What makes it invalid. @default nothing */
    readonly flaw?: TokenFlaw;
}

export type TokenFlaw = "expired" | "issuer" | "audience" | "signature";
export const TOKEN_FLAWS: readonly TokenFlaw[] = ["expired", "issuer", "audience", "signature"];

export interface Check {
    /** Unique in a plan. */
    readonly id: string;
    readonly layer: Layer;
    readonly source: Source;
    readonly destination: Destination;
    /** Only in the layer `ingress`. */
    readonly ingress?: IngressTarget;
    /** Only in the layer `egress`. */
    readonly egress?: EgressTarget;
    readonly request: WireRequest;
    /**
     * The Host header that the destination receives, if it differs from its name. Only in the layer `identity`, from a
     * gateway.
     */
    readonly host?: string;
    /** The user context that the caller sends. Only in the layers `identity` and `authorization`. @default none */
    readonly sends?: RequestContext;
    /** Only in the layer `resilience`. */
    readonly behavior?: Behavior;
    readonly expected: Expected;
    /** The catalogue edge or design rule that `expected` follows from. */
    readonly reason: string;
}

/** The result of a request, written by `standin probe` (local/standin/probe_result.go). */
export interface WireResult {
    readonly id: string;
    readonly outcome:
        "answered" | "rbac" | "http" | "grpc" | "reset" | "refused" | "tls" | "dns" | "timeout" | "other";
    readonly status: number | null;
    readonly answer: WireAnswer | null;
    readonly detail: string;
    readonly ms: number;
    readonly attempts: number;
}

/** The assessed part of a stand-in's response. TCP responses contain no caller. */
export interface WireAnswer {
    readonly service: string;
    readonly port: string;
    readonly caller?: string;
    /** The attempt that the callee saw, if a proxy counts attempts. */
    readonly attempt?: number;
    /** The peer address of the connection. */
    readonly peer?: string;
    /** The SNI. */
    readonly serverName?: string;
    /** The request's headers, in lower case; absent for TCP. */
    readonly headers?: Readonly<Record<string, string>>;
}

/** Whether the callee's proxy sees only a TCP connection, so that a denial is just a closed connection. */
export function isTcp({ request, egress }: Check): boolean {
    return request.protocol === "tcp" || egress?.authority !== undefined;
}

/** Whether the source's own pod sends the request. A prober with its service account sends all others. */
export function isSentFromPod({ layer, egress }: Check): boolean {
    return layer === "authorization" || layer === "resilience" || egress?.from === "pod";
}

/** The token that a check sends, which must be signed. */
export function tokenOf({ ingress, sends }: Pick<Check, "ingress" | "sends">): Token | undefined {
    return ingress?.token ?? sends?.token;
}

/** A check and its result. */
export interface CheckResult {
    readonly check: Check;
    readonly result: WireResult;
    readonly passed: boolean;
    /** The observed result as text. */
    readonly actual: string;
}
