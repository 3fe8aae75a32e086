/** Names that several concerns use. */
import { HEALTH_PORT as HEALTH_PORT_NUMBER } from "../../catalogue/reserved-ports";
import { SYSTEM_NAMESPACE } from "../../config/proxies";
import type { MeshConfig } from "../../config/schema";

export { GATEWAY_PORTS } from "../../catalogue/reserved-ports";

export const NAMESPACES = {
    system: SYSTEM_NAMESPACE,
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
    // It issues the certificates that the mesh needs to start.
    [NAMESPACES.certificates]: false,
};

/** The name of the deny-by-default policies, in the mesh and in the network. */
export const DENY_ALL = "deny-all";

/** The name of the policy that allows `caller` to call `callee`. The catalogue rejects names with `-from-`. */
export function allowName(callee: string, caller: string): string {
    return `${callee}-from-${caller}`;
}

/** The revision tag in the namespaces' injection labels. It moves from revision to revision. */
export const REVISION_TAG = "stable";

/** The namespaces whose pods are in the mesh. */
export const MESHED_NAMESPACES: readonly NamespaceName[] = Object.values(NAMESPACES).filter(
    (namespace) => INJECTED[namespace],
);

/** The port on which every workload serves probes and, to Prometheus only, metrics. */
export const HEALTH_PORT = { name: "health", number: HEALTH_PORT_NUMBER } as const;

/** The container of a stand-in. */
export const STAND_IN_CONTAINER = "stand-in";

/** The field manager of the program's patches of workloads that another tool deploys. */
export const PATCH_MANAGER = "sparc-mesh-patch";

/** The ingress gateways. The value is the name of the release and of the service account. */
export const INGRESS_GATEWAYS = {
    public: "istio-ingressgateway",
    admin: "istio-admingateway",
    internal: "istio-internalgateway",
} as const;

/** The egress gateway's release name and service account. */
export const EGRESS_GATEWAY = "istio-egressgateway";

/** The access log provider in the mesh config that logs each external request. */
export const EGRESS_LOG = "egress-log";

/** The dynamic metadata in which the egress gateway keeps a request's tenant, whose header it removes. */
export const EGRESS_TENANT = { namespace: "sparc.egress", key: "tenant" } as const;

/** The access log provider of every other proxy, which logs each request that failed or was slow. */
export const MESH_LOG = "mesh-log";

/** The tracing provider in the mesh config. */
export const MESH_TRACES = "mesh-traces";

/** The port on which callers send requests to a host for which the egress gateway originates TLS. */
export const ORIGINATED_PORT = 80;
export type GatewayKey = keyof typeof INGRESS_GATEWAYS;
export const GATEWAY_KEYS = Object.keys(INGRESS_GATEWAYS) as GatewayKey[];

/** The port on which every gateway pod reports whether it is ready. */
export const GATEWAY_STATUS_PORT = 15021;

/**
 * The headers in which the gateways pass a verified token's claims to services. A gateway removes such headers from
 * clients' requests.
 */
export const TOKEN_HEADERS = {
    tenant: "x-tenant",
    roles: "x-roles",
    plan: "x-plan",
    subject: "x-subject",
} as const;

/**
 * Marks the requests of `mesh verify`, some of which fail on purpose. They have a separate label value in metrics, so
 * that they consume no error budget and cause no page. The gateways remove the header from clients' requests and from
 * requests that leave the mesh.
 */
export const PROBE_HEADER = "x-mesh-probe";
/** The prefix of the prober pods' names. */
export const PROBER_PREFIX = "probe-";
/** A PromQL matcher on Istio's metrics that excludes probes. */
export const NO_PROBE = 'probe!="true"';

/**
 * The same claims of the token that a sidecar verified, for its own filters to compare. They are removed before any
 * filter runs, and again before the service sees the request.
 */
export const VERIFIED_HEADERS = {
    tenant: "x-sparc-token-tenant",
    roles: "x-sparc-token-roles",
    plan: "x-sparc-token-plan",
    subject: "x-sparc-token-subject",
} as const satisfies Readonly<Record<keyof typeof TOKEN_HEADERS, string>>;

/** Prometheus' service account, in the monitoring namespace. */
export const PROMETHEUS_ACCOUNT = "prometheus";

/** The Service through which Prometheus is queried: `prometheus.monitoring:9090`. */
export const PROMETHEUS_SERVICE = {
    name: "prometheus",
    namespace: NAMESPACES.monitoring,
    port: 9090,
} as const;

/** The address at which Prometheus is queried. */
export const PROMETHEUS_URL = `http://${PROMETHEUS_SERVICE.name}.${PROMETHEUS_SERVICE.namespace}:${PROMETHEUS_SERVICE.port}`;

/** The label of Prometheus' pods, also in its charts. */
export const PROMETHEUS_LABELS = { "app.kubernetes.io/name": PROMETHEUS_ACCOUNT } as const;

/** Components of Prometheus' chart, by name and account, in the monitoring namespace. */
export const GRAFANA = "grafana";
export const PROMETHEUS_OPERATOR = "prometheus-operator";

/**
 * The ClusterRole that can read everything but Secrets, and the group that it is bound to. EKS' access entries name
 * the group, which must not begin with `system:`, `eks:`, `aws:`, `amazon:` or `iam:` (EKS user guide, "Create access
 * entries").
 */
export const VIEWERS = { role: "sparc-mesh-viewer", group: "sparc-mesh:viewers" } as const;

/** The cluster's DNS domain. EKS offers no other. */
export const CLUSTER_DOMAIN = "cluster.local";

/** The host name of a Service: `auth.sparc.svc.cluster.local`. */
export function serviceHost(name: string, namespace: string = NAMESPACES.services): string {
    return `${name}.${namespace}.svc.${CLUSTER_DOMAIN}`;
}

/** A workload's principal in Istio's policies: a SPIFFE ID without its scheme. */
export function principal(
    config: Pick<MeshConfig, "trustDomain">,
    namespace: string,
    account: string,
): string {
    return `${config.trustDomain}/ns/${namespace}/sa/${account}`;
}

/** The host name of an exposure: its label below the stack's domain. */
export function exposedHost(config: Pick<MeshConfig, "domain">, label: string): string {
    return `${label}.${config.domain}`;
}

/**
 * An exposed host in an AuthorizationPolicy's `hosts`. Istio compares the Host header literally, and clients may add
 * the port.
 */
export function hostHeaders(config: Pick<MeshConfig, "domain">, label: string): string[] {
    const host = exposedHost(config, label);
    return [host, `${host}:*`];
}

/**
 * The Secret with the intermediate CA from which istiod issues workload certificates, and, if the stack lists trusted
 * roots, their ConfigMap.
 */
export const MESH_CA = { secret: "mesh-intermediate", roots: "mesh-roots" } as const;

/**
 * The ClusterIssuer of the gateways' certificates. Its name depends on its kind, so that cert-manager reissues the
 * certificates at once when the stack changes the kind.
 */
export function edgeIssuer({ issuer }: MeshConfig["certificates"]): string {
    return `edge-${issuer.from}`;
}

/**
 * The Secret with a gateway's certificate, in the gateway's namespace.
 *
 * @param host the label of a host that has a separate certificate
 */
export function certificateName(gateway: keyof typeof INGRESS_GATEWAYS, host?: string): string {
    return [INGRESS_GATEWAYS[gateway], ...(host === undefined ? [] : [host]), "certificate"].join("-");
}
