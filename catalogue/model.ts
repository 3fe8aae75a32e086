/**
 * The vocabulary of the catalogue: what a platform's services offer, whom they call, and what they need of the mesh.
 *
 * A catalogue is plain data. Everything that the mesh enforces is derived from it, so a field is here only if some
 * derivation or check reads it.
 */

import type { Rollout } from "./rollout";

/**
 * How much the platform depends on a service.
 * - `critical`: tenants notice within a minute when it is gone.
 * - `standard`: a feature is gone, the platform is not.
 * - `background`: work is late, nobody is stopped.
 */
export type Tier = "critical" | "standard" | "background";

export const TIERS: readonly Tier[] = ["critical", "standard", "background"];

/** A time as Istio and Go write it: `250ms`, `2s`, `5m`, `1h`. */
export type Duration = `${number}${"ms" | "s" | "m" | "h"}`;

/** An HTTP request line without its version: verb and path. A path may hold `{*}` for one segment and end in `/{**}`. */
export type Request = `${"GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE"} /${string}`;

/** HTTP/1.1 or HTTP/2 requests. */
export interface HttpPort {
    readonly protocol: "http";
    readonly number: number;
    /** What the port offers, at least one. A call or an exposure may ask for nothing else. */
    readonly requests: readonly Request[];
}

/** gRPC over HTTP/2. */
export interface GrpcPort {
    readonly protocol: "grpc";
    readonly number: number;
    /** The full name of the protobuf service, e.g. `sparc.auth.v1.Auth`. */
    readonly service: string;
    /** The methods that the service offers, at least one. */
    readonly methods: readonly string[];
    /** Those of `methods` whose request or response is a stream. @default none */
    readonly streaming?: readonly string[];
}

/** WebSocket: an HTTP port whose connections are upgraded and then live long. */
export interface WebSocketPort {
    readonly protocol: "ws";
    readonly number: number;
    /** The path at which the upgrade is asked for. */
    readonly path: `/${string}`;
}

/** A protocol that the mesh carries without reading it. */
export interface TcpPort {
    readonly protocol: "tcp";
    readonly number: number;
    /** What is spoken on it, for people: `mqtt`, `rtsp`, `postgres`. */
    readonly application: string;
}

export type Port = HttpPort | GrpcPort | WebSocketPort | TcpPort;
export type Protocol = Port["protocol"];

/** What a caller asks of a port. Which of `requests` and `methods` applies follows from the port's protocol. */
export interface Asked {
    /** HTTP: the requests made, each one that the port offers. */
    readonly requests?: readonly Request[];
    /** gRPC: the methods called, each one that the port offers. */
    readonly methods?: readonly string[];
}

/** One edge of the call graph: this service calls `to` on `port`. */
export interface Call extends Asked {
    /** The service called. */
    readonly to: string;
    /** The name of a port of `to`. */
    readonly port: string;
    /** How long the caller waits, all attempts together; `stream` for a call that lives as long as its caller's does. */
    readonly timeout: Duration | "stream";
    /** Whether doing it twice does no harm. Only then may the mesh retry it. */
    readonly idempotent: boolean;
    /** How often the mesh tries again, within the timeout. @default 1 if idempotent and no stream, else 0 */
    readonly retries?: number;
    /** The caller still does its work, if less of it, when this call fails. @default false */
    readonly optional?: boolean;
}

/** Who may ask at a gateway, and how they prove who they are. */
export type Authentication =
    /** A JWT of one of the stack's issuers, checked at the edge. */
    | "jwt"
    /** Each request carries a signature that the service itself checks. */
    | "signed"
    /** Anyone: log-in pages, key sets. */
    | "none"
    /** What a device says of itself in its own protocol, which the service checks; the gateway only ends its TLS. */
    | "device";

/** So many requests in so much time. */
export interface Rate {
    readonly requests: number;
    readonly per: "second" | "minute" | "hour" | "day";
}

/** Requests that only a token with a certain scope may make. */
export interface Scoped extends Asked {
    /** As it stands in the token's `scope`: `alerts:write`. */
    readonly scope: string;
}

/** A port of a service, reachable from outside the mesh under a host of its own. */
export interface Exposure extends Asked {
    /**
     * Which gateway: `public` for tenants and devices, `admin` for the platform's staff, `internal` for what runs in
     * the same network but not in the mesh.
     */
    readonly gateway: "public" | "admin" | "internal";
    /** The label under the stack's domain: `api` for `api.example.com`. */
    readonly host: string;
    /** The name of a port of the service. */
    readonly port: string;
    readonly authentication: Authentication;
    /** How long a client waits; `stream` for connections that live long. */
    readonly timeout: Duration | "stream";
    /** TCP only, and then required: the port of the gateway on which the host is served, over TLS. */
    readonly listen?: number;
    /** Of what is asked, what takes more than a token of any scope. JWT only. @default nothing */
    readonly scopes?: readonly Scoped[];
    /**
     * Paths in which a tenant is named, at `{tenant}`: it must be the token's own. JWT only, HTTP only.
     * @default none
     */
    readonly tenantPaths?: readonly `/${string}`[];
    /** The most that one replica of the gateway passes on, whoever asks. HTTP and gRPC only. @default no limit */
    readonly limit?: Rate;
    /** Whether the pages of the stack's origins may ask it from a browser. HTTP only. @default false */
    readonly cors?: boolean;
}

/** How a service's callers choose among its replicas. */
export type LoadBalancing =
    /** Each in turn. */
    | { readonly policy: "round-robin" }
    /** Of two at random, the one with fewer requests in flight: for requests of very different cost. */
    | { readonly policy: "least-request" }
    /** The same key, the same replica, so that its cache is warm. */
    | {
          readonly policy: "consistent-hash";
          /** The request header that holds the key: `x-stream-id`. */
          readonly header: string;
          /** For clients outside, which set no header: where in a path the key stands, at `{key}`. @default nowhere */
          readonly path?: `/${string}`;
      };

/** A container's requests and limits, as Kubernetes writes them. */
export interface Resources {
    readonly cpu: string;
    readonly memory: string;
    readonly cpuLimit: string;
    readonly memoryLimit: string;
}

/** One service of the platform. Its name is its key in the catalogue. */
export interface Service {
    /** The part of the platform it belongs to, for people and for grouping. */
    readonly domain: string;
    /** What it does, in one sentence. */
    readonly summary: string;
    readonly tier: Tier;
    /** By name; at least one. */
    readonly ports: Readonly<Record<string, Port>>;
    /** @default not reachable from outside */
    readonly exposures?: readonly Exposure[];
    /** @default calls nobody */
    readonly calls?: readonly Call[];
    /** Names of stores it uses. @default none */
    readonly stores?: readonly string[];
    /** Names of external groups it uses. @default none */
    readonly external?: readonly string[];
    /** It keeps what belongs to tenants, beyond the request in hand: their people, video, events, money. @default false */
    readonly keepsTenantData?: boolean;
    /** The fewest replicas that may run in production. @default 2, and 3 for a critical service */
    readonly minReplicas?: number;
    /** What its sidecar gets. @default the stack's `sidecar` */
    readonly sidecar?: Resources;
    /**
     * How many requests, streams and sockets one replica has open at the same time before it gets slow. @default 100
     */
    readonly concurrency?: number;
    /** To how many replicas it scales: callers may use as much as these can answer. @default the fewest */
    readonly maxReplicas?: number;
    /** @default round-robin */
    readonly loadBalancing?: LoadBalancing;
    /** @default progressive, where the mesh sees requests */
    readonly rollout?: Rollout;
    /**
     * An answer that begins later than this is slow: it is logged, and an alert tells of it if one in a hundred is.
     * @default 200ms
     */
    readonly slowAfter?: Duration;
    /**
     * What share of the traces that begin with it is kept, in percent: of requests that clients make to its exposures, and of
     * calls that it makes of its own. Down to 0.01; 0 keeps none. @default 10
     */
    readonly sampling?: number;
    /**
     * What share of a month's calls is promised to be answered, in percent.
     * @default 99.9 for a critical service, 99.5 for a standard one, else 99
     */
    readonly availability?: number;
}

/** A database or broker in the stores' namespace. */
export interface Store {
    readonly summary: string;
    readonly ports: Readonly<Record<string, TcpPort>>;
    /** The most connections of one replica of a caller. @default 100 */
    readonly connections?: number;
}

/** One host outside the platform. Literal: a wildcard would open more than anyone reviewed. */
export interface ExternalHost {
    readonly host: string;
    readonly port: number;
    readonly protocol: "https" | "tls" | "tcp";
    /**
     * Who speaks TLS with it. `passthrough`: the caller itself, and the mesh sees nothing but the name. `originate`:
     * the egress gateway; the caller asks plain HTTP on port 80, which travels the mesh in mutual TLS. HTTPS only.
     * @default passthrough
     */
    readonly tls?: "passthrough" | "originate";
}

/** When an outside party is left alone for a while. */
export interface ExternalBreaker {
    /** The most connections of one replica of the egress gateway to each of its hosts. @default 100 */
    readonly connections?: number;
    /** Consecutive failures, of requests or of connections, after which a host is left alone. @default 5 */
    readonly failures?: number;
    /** For how long, the first time. @default 30s */
    readonly pause?: Duration;
}

/** Hosts of one outside party, used together and limited alike. */
export interface ExternalGroup {
    readonly summary: string;
    readonly hosts: readonly ExternalHost[];
    /** @default an `ExternalBreaker` with its defaults */
    readonly breaker?: ExternalBreaker;
    /** How long a request may take where the mesh sees requests, and a connection to come about. @default 10s */
    readonly timeout?: Duration;
    /**
     * The most that one replica of the egress gateway passes on to each of its hosts: requests where the mesh sees
     * requests, else connections. @default no limit
     */
    readonly limit?: Rate;
}

/** What one of the platform's plans entitles a tenant to, at the public gateway. */
export interface Plan {
    /** All of a tenant's requests together. */
    readonly tenant: Rate;
    /** The requests of each of its clients, by the token's subject. */
    readonly client: Rate;
}

/** The whole platform. */
export interface Catalogue {
    readonly services: Readonly<Record<string, Service>>;
    readonly stores: Readonly<Record<string, Store>>;
    readonly external: Readonly<Record<string, ExternalGroup>>;
    /**
     * By the name that a token's plan claim gives. The one called `default` holds for tokens that name none, or none
     * of these. @default no limits
     */
    readonly plans?: Readonly<Record<string, Plan>>;
}
