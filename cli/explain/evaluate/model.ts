/** Who asks whom for what, and what each layer of the mesh says to it. */
import type { Labels } from "../world/world";

/** A pod as far as policies can tell it from others. */
export interface Workload {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Labels;
    /** Its service account. */
    readonly account: string;
    /** Whether it has a proxy, and so an identity. */
    readonly meshed: boolean;
    /** A gateway's proxy is no sidecar: no Sidecar object scopes it. */
    readonly gateway?: boolean;
}

/** A port under which a workload is called. */
export interface ServicePort {
    readonly name: string;
    /** Of the Service. */
    readonly number: number;
    /** Of the pod, which is what policies see. */
    readonly target: number;
    /** Whether the proxy reads requests on it, or only sees connections. */
    readonly http: boolean;
}

/** A Service, and the pods behind it. */
export interface Callee {
    readonly host: string;
    readonly namespace: string;
    readonly workload: Workload;
    readonly ports: readonly ServicePort[];
}

/** A host outside, on one port. */
export interface Outside {
    readonly host: string;
    readonly port: number;
    /** Whether callers ask it in plain HTTP, which the mesh reads. */
    readonly http: boolean;
    /** Its IPv4 address, where it is known: NetworkPolicies decide by it. */
    readonly address?: string;
}

/** A request; gRPC is a POST to `/package.Service/Method`. */
export interface HttpRequest {
    readonly method: string;
    /** With its query, if any. */
    readonly path: string;
    /** Names in lower case. */
    readonly headers: Readonly<Record<string, string>>;
}

/** The kinds of object that decide, and where they do. In the order in which a request meets them. */
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

/** What one layer says. */
export interface Step {
    readonly layer: LayerName;
    /** Which proxy or pod it holds for. */
    readonly at: string;
    readonly verdict: "passes" | "denies" | "not there";
    /** The objects that decide, as `namespace/Kind/name`. */
    readonly objects: readonly string[];
    readonly text: string;
    /** What must hold beside, of which neither the request nor the objects tell: tokens, addresses. */
    readonly conditions: readonly string[];
}

/** How a call travels where it is let through. */
export interface Travel {
    /** `<host>[ subset][ weight%]`. */
    readonly destinations: readonly string[];
    /** No limit where absent. */
    readonly timeout?: string;
    readonly retries?: string;
    readonly breaker?: string;
    readonly outlierDetection?: string;
    readonly loadBalancing?: string;
    readonly notes: readonly string[];
}

export interface Verdict {
    readonly allowed: boolean;
    readonly steps: readonly Step[];
    readonly travel: Travel;
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

/** How Istio writes a workload's identity, without the scheme. */
export function principalOf(workload: Workload, trustDomain: string): string {
    return `${trustDomain}/ns/${workload.namespace}/sa/${workload.account}`;
}

export function nameOf({ namespace, name }: Workload): string {
    return `${namespace}/${name}`;
}
