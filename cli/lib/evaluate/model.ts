/** Callers, callees and requests, and the result of each layer of the mesh. */
import type { Labels } from "../snapshot/snapshot";

/** The properties of a pod that policies match. */
export interface Workload {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Labels;
    /** Its service account. */
    readonly account: string;
    /** Whether it has a proxy, and therefore an identity. */
    readonly meshed: boolean;
    /** Whether it is a gateway: Sidecar objects do not apply to gateways. */
    readonly gateway?: boolean;
}

/** A port of a Service. */
export interface ServicePort {
    readonly name: string;
    /** The Service's port number. */
    readonly number: number;
    /** The pod's port number, which policies match. */
    readonly target: number;
    /** Whether the proxy parses HTTP on it; otherwise it sees TCP connections only. */
    readonly http: boolean;
}

/** A Service, and the pods behind it. */
export interface Callee {
    readonly host: string;
    readonly namespace: string;
    readonly workload: Workload;
    readonly ports: readonly ServicePort[];
}

/** A port of an external host. */
export interface ExternalEndpoint {
    readonly host: string;
    readonly port: number;
    /** Whether callers use plain HTTP, which the mesh parses. */
    readonly http: boolean;
    /** Its IPv4 address, if known: NetworkPolicies match addresses. */
    readonly address?: string;
}

/** A request; gRPC is a POST to `/package.Service/Method`. */
export interface HttpRequest {
    readonly method: string;
    /** Includes the query string. */
    readonly path: string;
    /** Names in lower case. */
    readonly headers: Readonly<Record<string, string>>;
}

/** The kinds of objects that decide, in the order in which a request passes them. */
export type LayerName =
    | "Gateway"
    | "Sidecar"
    | "VirtualService"
    | "DestinationRule"
    | "NetworkPolicy egress"
    | "NetworkPolicy ingress"
    | "PeerAuthentication"
    | "RequestAuthentication"
    | "AuthorizationPolicy"
    | "EnvoyFilter";

/** The result of one layer. */
export interface LayerResult {
    readonly layer: LayerName;
    /** The workload whose proxy or pod enforces it. */
    readonly at: string;
    readonly verdict: "allowed" | "denied" | "not-configured";
    /** The objects that decide, as `namespace/Kind/name`. */
    readonly objects: readonly string[];
    readonly text: string;
    /** What must hold in addition and cannot be evaluated: tokens, addresses. */
    readonly conditions: readonly string[];
}

/** How an allowed call is routed. */
export interface Routing {
    /** `<host>[ subset][ weight%]`. */
    readonly destinations: readonly string[];
    /** No limit where absent. */
    readonly timeout?: string;
    readonly retries?: string;
    readonly circuitBreaker?: string;
    readonly outlierDetection?: string;
    readonly loadBalancing?: string;
    readonly notes: readonly string[];
}

export interface Verdict {
    readonly allowed: boolean;
    readonly steps: readonly LayerResult[];
    readonly routing: Routing;
}

/** `namespace/Kind/name`. */
export function key({
    kind,
    metadata,
}: {
    readonly kind: string;
    readonly metadata: { readonly name: string; readonly namespace?: string };
}): string {
    return `${metadata.namespace ?? "_cluster"}/${kind}/${metadata.name}`;
}

/** A workload's SPIFFE identity without the scheme, as in Istio's `principals`. */
export function principalOf(workload: Workload, trustDomain: string): string {
    return `${trustDomain}/ns/${workload.namespace}/sa/${workload.account}`;
}

export function nameOf({ namespace, name }: Workload): string {
    return `${namespace}/${name}`;
}
