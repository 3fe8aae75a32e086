/**
 * The catalogue's types: what a platform's services offer, which services they call, and what they need from the mesh.
 *
 * The types follow from the schema (`schema/`), which describes each field; docs/reference/catalogue.md shows all of
 * them.
 */
import type { z } from "zod";
import type { operationSet, call } from "./schema/calls";
import type { catalogueSchema, plan } from "./schema/catalogue";
import type { cors } from "./schema/cors";
import type { authentication, clientCertificate, exposure, scoped } from "./schema/exposures";
import type { externalGroup, externalHost } from "./schema/external";
import type { exposurePaths } from "./schema/paths";
import type { grpcPort, httpPort, port, tcpPort, webSocketPort } from "./schema/ports";
import { type loadBalancing, type resources, type service, tier } from "./schema/service";
import type { store } from "./schema/store";
import type { rate } from "./schema/time";

export type { Request } from "./schema/ports";
export type { Duration } from "./schema/time";

/** Deeply read-only data. */
export type Immutable<T> = T extends readonly (infer E)[]
    ? readonly Immutable<E>[]
    : T extends object
      ? { readonly [K in keyof T]: Immutable<T[K]> }
      : T;

/** How much the platform depends on a service. */
export type Tier = z.infer<typeof tier>;

export const TIERS: readonly Tier[] = tier.options;

/** Non-canonical spellings of a path, rejected unless an exposure opts in. */
export type PathForms = Immutable<z.infer<typeof exposurePaths>>;

/** HTTP/1.1 or HTTP/2 requests. */
export type HttpPort = Immutable<z.infer<typeof httpPort>>;
/** gRPC over HTTP/2. */
export type GrpcPort = Immutable<z.infer<typeof grpcPort>>;
/** WebSocket: an HTTP port whose connections are upgraded and long-lived. */
export type WebSocketPort = Immutable<z.infer<typeof webSocketPort>>;
/** A protocol that the mesh forwards as bytes. */
export type TcpPort = Immutable<z.infer<typeof tcpPort>>;
export type Port = Immutable<z.infer<typeof port>>;
export type Protocol = Port["protocol"];

/** The operations of a port that a call uses or an exposure offers. */
export type OperationSet = Immutable<z.infer<typeof operationSet>>;
/** One edge of the call graph: this service calls `to` on `port`. */
export type Call = Immutable<z.infer<typeof call>>;

/** How clients of an exposure authenticate. */
export type Authentication = z.infer<typeof authentication>;
/** The certificate that clients of an exposure must present. */
export type ClientCertificate = Immutable<z.infer<typeof clientCertificate>>;
/** What pages of other origins can do at an exposure (CORS). */
export type Cors = Immutable<z.infer<typeof cors>>;
/** A number of requests in a unit of time. */
export type Rate = Immutable<z.infer<typeof rate>>;
/** Operations that require a scope in the token. */
export type Scoped = Immutable<z.infer<typeof scoped>>;
/** A port of a service that is reachable from outside the mesh under a separate host. */
export type Exposure = Immutable<z.infer<typeof exposure>>;

/** How callers choose among a service's replicas. */
export type LoadBalancing = Immutable<z.infer<typeof loadBalancing>>;
/** A container's requests and limits, as Kubernetes writes them. */
export type Resources = Immutable<z.infer<typeof resources>>;
/** One service of the platform. Its name is its key in the catalogue. */
export type Service = Immutable<z.infer<typeof service>>;
/** A database or broker in the stores' namespace. */
export type Store = Immutable<z.infer<typeof store>>;

/** One external host. */
export type ExternalHost = Immutable<z.infer<typeof externalHost>>;
/** The hosts of one external service, which share one policy. */
export type ExternalGroup = Immutable<z.infer<typeof externalGroup>>;

/** The rate limits of one of the platform's plans, at the public gateway. */
export type Plan = Immutable<z.infer<typeof plan>>;
/** The whole platform. */
export type Catalogue = Immutable<z.infer<typeof catalogueSchema>>;
