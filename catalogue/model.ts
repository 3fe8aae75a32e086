/**
 * The vocabulary of the catalogue: what a platform's services offer, whom they call, and what they need of the mesh.
 *
 * The types follow from the schema (`schema/`), where each field is described; docs/reference/catalogue.md shows all of
 * them.
 */
import type { z } from "zod";
import type { asked, call } from "./schema/calls";
import type { catalogueSchema, plan } from "./schema/catalogue";
import type { cors } from "./schema/cors";
import type { authentication, clientCertificate, exposure, scoped } from "./schema/exposures";
import type { externalBreaker, externalGroup, externalHost } from "./schema/external";
import type { exposurePaths } from "./schema/paths";
import type { grpcPort, httpPort, port, tcpPort, webSocketPort } from "./schema/ports";
import { type loadBalancing, type resources, type service, tier } from "./schema/service";
import type { store } from "./schema/store";
import type { rate } from "./schema/time";

export type { Request } from "./schema/ports";
export type { Duration } from "./schema/time";

/** Data that nobody changes, at any depth. */
export type Immutable<T> = T extends readonly (infer E)[]
    ? readonly Immutable<E>[]
    : T extends object
      ? { readonly [K in keyof T]: Immutable<T[K]> }
      : T;

/** How much the platform depends on a service. */
export type Tier = z.infer<typeof tier>;

export const TIERS: readonly Tier[] = tier.options;

/** Spellings of a path that are refused unless somebody opts in. */
export type PathForms = Immutable<z.infer<typeof exposurePaths>>;

/** HTTP/1.1 or HTTP/2 requests. */
export type HttpPort = Immutable<z.infer<typeof httpPort>>;
/** gRPC over HTTP/2. */
export type GrpcPort = Immutable<z.infer<typeof grpcPort>>;
/** WebSocket: an HTTP port whose connections are upgraded and long-lived. */
export type WebSocketPort = Immutable<z.infer<typeof webSocketPort>>;
/** A protocol that the mesh carries without reading it. */
export type TcpPort = Immutable<z.infer<typeof tcpPort>>;
export type Port = Immutable<z.infer<typeof port>>;
export type Protocol = Port["protocol"];

/** The operations of a port that a call or an exposure names. */
export type Asked = Immutable<z.infer<typeof asked>>;
/** One edge of the call graph: this service calls `to` on `port`. */
export type Call = Immutable<z.infer<typeof call>>;

/** How clients of an exposure authenticate. */
export type Authentication = z.infer<typeof authentication>;
/** The certificate that clients of an exposure must present. */
export type ClientCertificate = Immutable<z.infer<typeof clientCertificate>>;
/** What pages of other origins can do at an exposure. */
export type Cors = Immutable<z.infer<typeof cors>>;
/** So many requests in so much time. */
export type Rate = Immutable<z.infer<typeof rate>>;
/** Operations that only a token with a certain scope can use. */
export type Scoped = Immutable<z.infer<typeof scoped>>;
/** A port of a service, reachable from outside the mesh under a host of its own. */
export type Exposure = Immutable<z.infer<typeof exposure>>;

/** How a service's callers choose among its replicas. */
export type LoadBalancing = Immutable<z.infer<typeof loadBalancing>>;
/** A container's requests and limits, as Kubernetes writes them. */
export type Resources = Immutable<z.infer<typeof resources>>;
/** One service of the platform. Its name is its key in the catalogue. */
export type Service = Immutable<z.infer<typeof service>>;
/** A database or broker in the stores' namespace. */
export type Store = Immutable<z.infer<typeof store>>;

/** One external host. */
export type ExternalHost = Immutable<z.infer<typeof externalHost>>;
/** When an external host is ejected for a while. */
export type ExternalBreaker = Immutable<z.infer<typeof externalBreaker>>;
/** Hosts of one external service, used together and limited alike. */
export type ExternalGroup = Immutable<z.infer<typeof externalGroup>>;

/** What one of the platform's plans entitles a tenant to, at the public gateway. */
export type Plan = Immutable<z.infer<typeof plan>>;
/** The whole platform. */
export type Catalogue = Immutable<z.infer<typeof catalogueSchema>>;
