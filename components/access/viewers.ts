/**
 * RBAC of people who watch the platform, and of previews of pull requests: read access to every object but Secrets.
 */
import type { PolicyRule } from "kubernetes-types/rbac/v1";
import { COMMON_LABELS } from "../base/labels";
import type { Manifest } from "../base/manifest";
import { VIEWERS } from "../base/names";
import { CANARY, FLAGGER_API } from "../shared/flagger/flagger";

const GROUP = "rbac.authorization.k8s.io";
const READ = ["get", "list", "watch"];

/**
 * Readable resources by API group. Each is listed by name: `*` would include Secrets, and resources of later
 * versions. Not listed are Secrets, and the subresources that grant more than reading: `pods/exec`, `pods/attach`,
 * `pods/portforward`, `pods/proxy`, `services/proxy`, `nodes/proxy` (each gives access to a container, some with
 * `get` only) and `serviceaccounts/token`.
 */
const READABLE: Readonly<Record<string, readonly string[]>> = {
    "": [
        "configmaps",
        "endpoints",
        "events",
        "limitranges",
        "namespaces",
        "nodes",
        "persistentvolumeclaims",
        "persistentvolumes",
        "pods",
        "pods/log",
        "pods/status",
        "replicationcontrollers",
        "resourcequotas",
        "serviceaccounts",
        "services",
    ],
    "admissionregistration.k8s.io": ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
    "apiextensions.k8s.io": ["customresourcedefinitions"],
    "apiregistration.k8s.io": ["apiservices"],
    apps: ["controllerrevisions", "daemonsets", "deployments", "replicasets", "statefulsets"],
    autoscaling: ["horizontalpodautoscalers"],
    batch: ["cronjobs", "jobs"],
    "coordination.k8s.io": ["leases"],
    "discovery.k8s.io": ["endpointslices"],
    "events.k8s.io": ["events"],
    "metrics.k8s.io": ["nodes", "pods"],
    "networking.k8s.io": ["ingressclasses", "ingresses", "networkpolicies"],
    policy: ["poddisruptionbudgets"],
    [GROUP]: ["clusterrolebindings", "clusterroles", "rolebindings", "roles"],
    "scheduling.k8s.io": ["priorityclasses"],
    "storage.k8s.io": ["csidrivers", "csinodes", "storageclasses", "volumeattachments"],
    "acme.cert-manager.io": ["challenges", "orders"],
    "awspca.cert-manager.io": ["awspcaclusterissuers", "awspcaissuers"],
    "cert-manager.io": ["certificaterequests", "certificates", "clusterissuers", "issuers"],
    "elbv2.k8s.aws": ["ingressclassparams", "targetgroupbindings"],
    "extensions.istio.io": ["trafficextensions", "wasmplugins"],
    [FLAGGER_API.group]: ["alertproviders", CANARY.plural, "metrictemplates"],
    "gateway.networking.k8s.io": [
        "gatewayclasses",
        "gateways",
        "grpcroutes",
        "httproutes",
        "referencegrants",
    ],
    "monitoring.coreos.com": [
        "podmonitors",
        "probes",
        "prometheuses",
        "prometheusrules",
        "scrapeconfigs",
        "servicemonitors",
    ],
    "networking.istio.io": [
        "destinationrules",
        "envoyfilters",
        "gateways",
        "proxyconfigs",
        "serviceentries",
        "sidecars",
        "virtualservices",
        "workloadentries",
        "workloadgroups",
    ],
    "security.istio.io": ["authorizationpolicies", "peerauthentications", "requestauthentications"],
    "telemetry.istio.io": ["telemetries"],
};

/**
 * The role, and its binding to the group that the cluster's access entries name. Without entries the group is empty.
 */
export function viewers(): Manifest[] {
    const metadata = { name: VIEWERS.role, labels: COMMON_LABELS };
    return [
        {
            apiVersion: `${GROUP}/v1`,
            kind: "ClusterRole",
            metadata,
            rules: Object.entries(READABLE).map(([group, resources]): PolicyRule => ({
                apiGroups: [group],
                resources: [...resources],
                verbs: READ,
            })),
        },
        {
            apiVersion: `${GROUP}/v1`,
            kind: "ClusterRoleBinding",
            metadata,
            roleRef: { apiGroup: GROUP, kind: "ClusterRole", name: VIEWERS.role },
            subjects: [{ apiGroup: GROUP, kind: "Group", name: VIEWERS.group }],
        },
    ];
}
