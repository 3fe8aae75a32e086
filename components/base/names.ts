/** Names that several concerns must agree on. */
import type { MeshConfig } from "../../config/schema";

export const NAMESPACES = {
    system: "istio-system",
    ingress: "istio-ingress",
    egress: "istio-egress",
    services: "sparc",
    stores: "databases",
    monitoring: "monitoring",
    delivery: "flagger-system",
    certificates: "cert-manager",
} as const;

export type NamespaceName = (typeof NAMESPACES)[keyof typeof NAMESPACES];

/** Whether pods of a namespace get a sidecar. */
export const INJECTED: Readonly<Record<NamespaceName, boolean>> = {
    [NAMESPACES.system]: false,
    [NAMESPACES.ingress]: true,
    [NAMESPACES.egress]: true,
    [NAMESPACES.services]: true,
    [NAMESPACES.stores]: true,
    [NAMESPACES.monitoring]: true,
    [NAMESPACES.delivery]: true,
    // It makes the certificates that a mesh needs, and so is there before one.
    [NAMESPACES.certificates]: false,
};

/** The tag by which namespaces name the istiod that their sidecars belong to: it moves from revision to revision. */
export const REVISION_TAG = "stable";

/** The namespaces whose pods are in the mesh. */
export const MESHED_NAMESPACES: readonly NamespaceName[] = Object.values(NAMESPACES).filter(
    (namespace) => INJECTED[namespace],
);

/** The port on which every workload answers probes and, to Prometheus alone, metrics. */
export const HEALTH_PORT = { name: "health", number: 8081 } as const;

/** The container in which a stand-in plays its service. */
export const STAND_IN_CONTAINER = "stand-in";

/** The gateways through which clients enter, by their release's name, which is also their service account's. */
export const ENTRY_GATEWAYS = {
    public: "istio-ingressgateway",
    admin: "istio-admingateway",
    internal: "istio-internalgateway",
} as const;

/** The gateway through which calls leave, by its release's name, which is also its service account's. */
export const EGRESS_GATEWAY = "istio-egressgateway";

/** The access log's provider in the mesh's configuration, which writes a line for each external call. */
export const EGRESS_LOG = "egress-log";

/** Where the egress gateway keeps whose a request is, which goes out without it: Envoy's dynamic metadata. */
export const EGRESS_TENANT = { namespace: "sparc.egress", key: "tenant" } as const;

/** The one of every other proxy, which writes a line for each request that failed or was slow. */
export const MESH_LOG = "mesh-log";

/** The tracing provider in the mesh's configuration. */
export const MESH_TRACES = "mesh-traces";

/** The port on which callers ask a host with which the egress gateway speaks TLS for them. */
export const ORIGINATED_PORT = 80;
export type GatewayKey = keyof typeof ENTRY_GATEWAYS;
export const GATEWAY_KEYS = Object.keys(ENTRY_GATEWAYS) as GatewayKey[];

/** The ports on which the entry gateways end TLS, and send plain HTTP to where TLS is. */
export const GATEWAY_PORTS = { https: 443, http: 80 } as const;

/**
 * What the gateways tell services of a token that they checked, by header. A client's own headers of these names never
 * get past a gateway.
 */
export const TOKEN_HEADERS = {
    tenant: "x-tenant",
    roles: "x-roles",
    plan: "x-plan",
    subject: "x-subject",
} as const;

/**
 * Marks the requests of `mesh verify`, some of which fail on purpose. They are counted apart, so that they use up no error budget and
 * wake nobody. The gateways remove it from clients' requests, and from what leaves.
 */
export const PROBE_HEADER = "x-mesh-probe";
/** How the names of its pods begin. */
export const PROBER_PREFIX = "probe-";
/** Of Istio's series: those of all other requests. */
export const NO_PROBE = 'probe!="true"';

/**
 * The same of the token that a sidecar checked, for its own filters to compare: removed before any filter runs, and again
 * before the service sees the request.
 */
export const VERIFIED_HEADERS = {
    tenant: "x-sparc-token-tenant",
    roles: "x-sparc-token-roles",
    plan: "x-sparc-token-plan",
    subject: "x-sparc-token-subject",
} as const satisfies Readonly<Record<keyof typeof TOKEN_HEADERS, string>>;

/** Prometheus' service account, in the monitoring namespace. */
export const PROMETHEUS_ACCOUNT = "prometheus";

/** Where Prometheus is asked: `prometheus.monitoring:9090`. */
export const PROMETHEUS_SERVICE = {
    name: "prometheus",
    namespace: NAMESPACES.monitoring,
    port: 9090,
} as const;

/** The label by which Prometheus' pods are known, in its own charts too. */
export const PROMETHEUS_LABELS = { "app.kubernetes.io/name": PROMETHEUS_ACCOUNT } as const;

/** What comes with Prometheus' chart, by name and account, in the monitoring namespace. */
export const GRAFANA = "grafana";
export const PROMETHEUS_OPERATOR = "prometheus-operator";

/**
 * The ClusterRole that reads everything but Secrets, and the group that it is bound to. EKS' access entries name the group, which
 * must not begin with `system:`, `eks:`, `aws:`, `amazon:` or `iam:` (EKS user guide, "Create access entries").
 */
export const VIEWERS = { role: "sparc-mesh-viewer", group: "sparc-mesh:viewers" } as const;

/** The cluster's DNS domain. EKS offers no other. */
export const CLUSTER_DOMAIN = "cluster.local";

/** The name under which a workload is called: `auth.sparc.svc.cluster.local`. */
export function serviceHost(name: string, namespace: string = NAMESPACES.services): string {
    return `${name}.${namespace}.svc.${CLUSTER_DOMAIN}`;
}

/** A workload's identity as Istio's policies write it: a SPIFFE id without its scheme. */
export function principal(
    config: Pick<MeshConfig, "trustDomain">,
    namespace: string,
    account: string,
): string {
    return `${config.trustDomain}/ns/${namespace}/sa/${account}`;
}

/** The host under which an exposure is reached: its label under the stack's domain. */
export function exposedHost(config: Pick<MeshConfig, "domain">, label: string): string {
    return `${label}.${config.domain}`;
}

/**
 * An exposed host as an AuthorizationPolicy's `hosts` names it. Istio compares the Host header as it is, and a client may
 * write the port into it.
 */
export function hostHeaders(config: Pick<MeshConfig, "domain">, label: string): string[] {
    const host = exposedHost(config, label);
    return [host, `${host}:*`];
}

/** What istiod signs workloads' certificates with, beside it: a Secret, and, where a stack lists them, the roots to trust. */
export const MESH_CA = { secret: "mesh-intermediate", roots: "mesh-roots" } as const;

/**
 * The ClusterIssuer that signs the gateways' certificates. One of another kind has another name, so that they are issued anew
 * when the stack changes its mind, and not when they would be renewed.
 */
export function edgeIssuer({ issuer }: MeshConfig["certificates"]): string {
    return `edge-${issuer.from}`;
}

/**
 * The name of the Secret that holds a gateway's certificate, beside the gateway.
 *
 * @param host the label of a host that has a certificate of its own
 */
export function certificateName(gateway: keyof typeof ENTRY_GATEWAYS, host?: string): string {
    return [ENTRY_GATEWAYS[gateway], ...(host === undefined ? [] : [host]), "certificate"].join("-");
}
