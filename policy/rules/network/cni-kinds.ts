/** Kinds other than NetworkPolicy that change a network, and how their rules allow traffic. */

/** Kinds whose rules have an action, with the actions that allow nothing. */
export const WITH_ACTIONS: Readonly<Record<string, readonly string[]>> = {
    "policy.networking.k8s.io/AdminNetworkPolicy": ["Deny", "Pass"],
    "policy.networking.k8s.io/BaselineAdminNetworkPolicy": ["Deny"],
    "policy.networking.k8s.io/ClusterNetworkPolicy": ["Deny", "Pass"],
    "networking.k8s.aws/ClusterNetworkPolicy": ["Deny", "Pass"],
    // Calico's Pass skips the rest of its tier, which includes Kubernetes' NetworkPolicies.
    "crd.projectcalico.org/NetworkPolicy": ["Deny", "Log"],
    "crd.projectcalico.org/GlobalNetworkPolicy": ["Deny", "Log"],
    "projectcalico.org/NetworkPolicy": ["Deny", "Log"],
    "projectcalico.org/GlobalNetworkPolicy": ["Deny", "Log"],
    "crd.antrea.io/ClusterNetworkPolicy": ["Drop", "Reject"],
    "crd.antrea.io/NetworkPolicy": ["Drop", "Reject"],
    "security.antrea.tanzu.vmware.com/ClusterNetworkPolicy": ["Drop", "Reject"],
    "security.antrea.tanzu.vmware.com/NetworkPolicy": ["Drop", "Reject"],
    "crd.nsx.vmware.com/SecurityPolicy": ["Drop", "Reject"],
};

/** Kinds whose rules always allow traffic. */
export const ALLOW_ONLY_KINDS: readonly string[] = [
    "cilium.io/CiliumNetworkPolicy",
    "cilium.io/CiliumClusterwideNetworkPolicy",
    "networking.k8s.aws/ApplicationNetworkPolicy",
    "k8s.cni.cncf.io/MultiNetworkPolicy",
];

/** API groups whose other kinds route traffic past NetworkPolicies or sidecars, or attach pods to other networks. */
export const TRAFFIC_GROUPS: readonly string[] = [
    "cilium.io",
    "crd.antrea.io",
    "crd.k8s.amazonaws.com",
    "crd.projectcalico.org",
    "danm.k8s.io",
    "k8s.cni.cncf.io",
    "k8s.ovn.org",
    "k8snetworkplumbingwg.io",
    "kubeovn.io",
    "multicluster.crd.antrea.io",
    "multicluster.x-k8s.io",
    "network.openshift.io",
    "networking.gke.io",
    "networking.k8s.aws",
    "projectcalico.org",
    "skupper.io",
    "sriovnetwork.openshift.io",
    "submariner.io",
    "vpcresources.k8s.aws",
];

/**
 * Kinds of those groups that expose a Service to other clusters or load balancers; evaluated by
 * `gateways-no-service-export`.
 */
const SERVICE_EXPORT_KINDS = [
    "multicluster.x-k8s.io/ServiceExport",
    "multicluster.x-k8s.io/ServiceImport",
    "networking.gke.io/ServiceNetworkEndpointGroup",
];

/**
 * Kinds of those groups that do not affect traffic, such as address sets, load balancer addresses and state,
 * and kinds that another policy evaluates.
 */
export const PASSIVE_KINDS: ReadonlySet<string> = new Set([
    "cilium.io/CiliumCIDRGroup",
    "cilium.io/CiliumEndpoint",
    "cilium.io/CiliumIdentity",
    "cilium.io/CiliumLoadBalancerIPPool",
    "cilium.io/CiliumNode",
    "crd.antrea.io/ClusterGroup",
    "crd.antrea.io/Group",
    "crd.projectcalico.org/GlobalNetworkSet",
    "crd.projectcalico.org/IPPool",
    "crd.projectcalico.org/NetworkSet",
    "networking.gke.io/ManagedCertificate",
    "projectcalico.org/GlobalNetworkSet",
    "projectcalico.org/IPPool",
    "projectcalico.org/NetworkSet",
    "projectcalico.org/StagedGlobalNetworkPolicy",
    "projectcalico.org/StagedNetworkPolicy",
    "vpcresources.k8s.aws/CNINode",
    ...SERVICE_EXPORT_KINDS,
]);

/** Fields with rules: Antrea and Calico have lists of rules for each direction too. */
export const DIRECTIONS = ["ingress", "egress", "rules"] as const;
