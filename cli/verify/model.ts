/** What `mesh verify` asks, what it expects, and what it finds: plain data, of which a report is made. */
import type { GrpcPort, HttpPort, TcpPort, WebSocketPort } from "../../catalogue/model";

/**
 * Where a check is made.
 * - `identity`: from a prober that carries the source's identity and may ask anyone, so that the callee decides.
 * - `source`: from the source's own pod, so that its sidecar decides first.
 * - `entry`: from outside the mesh, through a gateway.
 * - `egress`: to the world outside, from both kinds of pods.
 * - `resilience`: from the source's own pod, of a callee that is told to fail or to be slow.
 */
export type Layer = "identity" | "source" | "entry" | "egress" | "resilience";
/** In the order in which they are asked: what makes callees fail comes last. */
export const LAYERS: readonly Layer[] = ["identity", "source", "entry", "egress", "resilience"];

/**
 * Parts of a run that need more than the cluster, so that they may have to be left out.
 * - `certificates`: the gateways' CAs, without which nothing is sent through them.
 * - `client-certificates`: a client's certificate of each authority that exposures demand one of.
 * - `egress`: simulated external services.
 * - `tokens`: the key of an issuer that the gateways trust.
 */
export const OPTIONAL_PARTS = ["certificates", "client-certificates", "egress", "tokens"] as const;
export type OptionalPart = (typeof OPTIONAL_PARTS)[number];

/** What a run left out. It is not proven. */
export interface Unchecked {
    /** For people. */
    readonly part: string;
    readonly why: string;
    /** By what name `--allow-unchecked` takes it; absent for layers that were not selected. */
    readonly optional?: OptionalPart;
    /** Whether the user named what to leave out, or no run can check it. Otherwise the run fails. */
    readonly requested: boolean;
}

/**
 * Who asks.
 * - `stranger`: a meshed workload that the catalogue does not know.
 * - `unmeshed`: a pod without a sidecar, and so without an identity.
 */
export interface Source {
    readonly kind: "service" | "gateway" | "stranger" | "unmeshed";
    /** As reports show it. */
    readonly name: string;
    readonly namespace: string;
    readonly account: string;
}

/** A port of a service or store, its health port included. */
export interface Destination {
    readonly name: string;
    readonly namespace: string;
    readonly portName: string;
    readonly port: HttpPort | GrpcPort | WebSocketPort | TcpPort;
    /** Whether the port takes connections without mutual TLS. */
    readonly mtls: "STRICT" | "PERMISSIVE";
}

/** One request as `standin probe` makes it; `method` is an HTTP verb, or a full gRPC method. */
export type WireRequest =
    | { readonly protocol: "http"; readonly method: string; readonly path: string }
    | { readonly protocol: "grpc"; readonly method: string }
    | { readonly protocol: "ws"; readonly path: string }
    | { readonly protocol: "tcp" };

/** How the callee's stand-in is told to answer. */
export type Behaviour =
    /** That it cannot now: 503, or UNAVAILABLE. */
    { readonly kind: "fails" } | { readonly kind: "is-slow"; readonly milliseconds: number };

/** What must happen, as it looks on the wire. */
export type Expected =
    /**
     * The callee answers, and saw `caller`; null where its protocol or the lack of a sidecar tells of none. Of the
     * headers named it saw these values, and none where null. Where `counted`, the limiter counted the request for its
     * client's plan, as the response says.
     */
    | {
          readonly kind: "answered";
          readonly caller: string | null;
          readonly counted?: true;
          readonly headers?: Readonly<Record<string, string | null>>;
      }
    /**
     * An AuthorizationPolicy refuses: HTTP and gRPC say so, a TCP connection is closed and counted. Pages of `allowedOrigin`
     * may read the response.
     */
    | { readonly kind: "rbac"; readonly allowedOrigin?: string }
    /** The callee's sidecar takes no connection without mutual TLS; a gateway, none that does not begin with TLS. */
    | { readonly kind: "refused-handshake" }
    /** Stopped where it starts: the source's sidecar, or the gateway, knows of no such destination. */
    | { readonly kind: "no-route" }
    /** The cluster's DNS answers that there is no such name, without having asked anybody outside. */
    | { readonly kind: "no-name" }
    /** The callee's failure comes back, of the attempt with this number, counted from 1. */
    | { readonly kind: "attempts"; readonly count: number }
    /** The source's sidecar gives up after so many milliseconds. */
    | { readonly kind: "given-up"; readonly after: number }
    /**
     * The host outside answers, and saw as its peer one of `peers`: the addresses of the egress gateway's pods; nothing of who
     * the caller is, and none of the headers that are null.
     */
    | {
          readonly kind: "left";
          readonly peers: readonly string[];
          readonly headers?: Readonly<Record<string, null>>;
      }
    /** The gateway takes no such token, and says so. Pages of `allowedOrigin` may read the response. */
    | { readonly kind: "token-refused"; readonly allowedOrigin?: string }
    /** The gateway sends the client elsewhere. */
    | { readonly kind: "redirect"; readonly location: string }
    /** The gateway speaks no version of TLS that the client offers. */
    | { readonly kind: "no-tls-version" }
    /** The gateway answers 400, and says what is wrong with the path. */
    | { readonly kind: "path-refused" }
    /** The gateway ends the handshake, for lack of a certificate of the client that it trusts. */
    | { readonly kind: "certificate-refused" };
export type ExpectedKind = Expected["kind"];

/** Which gateway an entry check goes through, the host that it asks for, and as whom. */
export interface Entry {
    readonly gateway: string;
    readonly host: string;
    /** Of the gateway's Service. */
    readonly port: number;
    /** The Secret beside the gateway whose CA vouches for it. */
    readonly certificate: string;
    /** @default TLS of the versions that the client's library offers */
    readonly transport?: "plain" | TlsVersions;
    /** @default none */
    readonly token?: Token;
    /** The name in the TLS greeting. @default `host` */
    readonly serverName?: string;
    /** The certificate that the client presents. @default none */
    readonly clientCertificate?: ClientCertificate;
    /** How the Authorization header spells its scheme. @default Bearer */
    readonly scheme?: string;
    /** The Host header. @default `host` */
    readonly hostHeader?: string;
    /** A second one, in the query. @default none */
    readonly tokenInQuery?: Token;
    /** What the client sends besides. @default nothing */
    readonly headers?: Readonly<Record<string, string>>;
    /** What it sends before anything else: a header of the PROXY protocol. @default nothing */
    readonly proxyHeader?: string;
}

/** A client's certificate of an authority that the stack knows, or, as `foreign`, of one that nobody knows. */
export interface ClientCertificate {
    readonly authority: string;
    readonly foreign?: true;
}

/** Whom an egress check asks, and from where. */
export interface Outside {
    readonly host: string;
    /** The port on which it is asked. */
    readonly port: number;
    /** Where the connection leads, past the name. @default to where the host's name leads */
    readonly address?: string;
    /** What the asker sends besides. @default nothing */
    readonly headers?: Readonly<Record<string, string>>;
    /** The CA in whose name the host answers, where the asker speaks TLS itself; PEM. */
    readonly authority?: string;
    /** The source's own pod, whose sidecar decides first, or its prober, so that the egress gateway decides. */
    readonly from: "pod" | "prober";
}

/** The versions that a client offers, as they are called: `1.2`. */
export interface TlsVersions {
    readonly minVersion?: string;
    readonly maxVersion?: string;
}

/** Whose request it is, by the caller's word and by a token that it hands on. */
export interface Sent {
    readonly headers: Readonly<Record<string, string>>;
    /** @default none */
    readonly token?: Token;
}

/** A token of the stack's first issuer, before it is signed. */
export interface Token {
    readonly tenant: string;
    /** How the claim names the tenant: not at all, or as a list that holds it. @default as text */
    readonly tenantForm?: "absent" | "list";
    readonly subject: string;
    readonly roles?: readonly string[];
    readonly scopes?: readonly string[];
    readonly plan?: string;
    /** What is wrong with it. @default nothing */
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
    /** Only in the layer `entry`. */
    readonly entry?: Entry;
    /** Only in the layer `egress`. */
    readonly outside?: Outside;
    readonly request: WireRequest;
    /**
     * The Host header that the destination sees, where it is not the destination's own name. Only in the layer `identity`,
     * from a gateway.
     */
    readonly host?: string;
    /** What the caller sends besides. Only in the layers `identity` and `source`. @default nothing */
    readonly sends?: Sent;
    /** Only in the layer `resilience`. */
    readonly behaviour?: Behaviour;
    readonly expected: Expected;
    /** The edge, or the rule of the design, that `expected` follows from. */
    readonly because: string;
}

/** What `standin probe` writes of one request (local/standin/probe_result.go). */
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

/** What of a stand-in's answer is judged. A TCP answer names no caller. */
export interface WireAnswer {
    readonly service: string;
    readonly port: string;
    readonly caller?: string;
    /** Which attempt the callee saw, where a proxy counted. */
    readonly attempt?: number;
    /** The address that the connection came from. */
    readonly peer?: string;
    /** The name that was asked for in TLS. */
    readonly serverName?: string;
    /** The request's, in lower case; none for TCP. */
    readonly headers?: Readonly<Record<string, string>>;
}

/** Whether the callee's mesh side sees connections only, so that a denial is no more than a connection's end. */
export function isTcp({ request, outside }: Check): boolean {
    return request.protocol === "tcp" || outside?.authority !== undefined;
}

/** The token that a check takes, which somebody must sign. */
export function tokenOf({ entry, sends }: Pick<Check, "entry" | "sends">): Token | undefined {
    return entry?.token ?? sends?.token;
}

/** A check and what came of it. */
export interface Finding {
    readonly check: Check;
    readonly result: WireResult;
    readonly agrees: boolean;
    /** What was seen, for people. */
    readonly got: string;
}
