/** Kinds beside NetworkPolicy by which a network is changed, and how each says that it lets something through. */

/** Kinds whose rules say what they do, by the words that let nothing through. */
export const WITH_ACTIONS: Readonly<Record<string, readonly string[]>> = {
    "policy.networking.k8s.io/AdminNetworkPolicy": ["Deny", "Pass"],
    "policy.networking.k8s.io/BaselineAdminNetworkPolicy": ["Deny"],
    "policy.networking.k8s.io/ClusterNetworkPolicy": ["Deny", "Pass"],
    "networking.k8s.aws/ClusterNetworkPolicy": ["Deny", "Pass"],
    // A Pass of Calico's skips the rest of its tier, in which Kubernetes' NetworkPolicies are.
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

/** Kinds whose every rule lets something through. */
export const ALL_ALLOW: readonly string[] = [
    "cilium.io/CiliumNetworkPolicy",
    "cilium.io/CiliumClusterwideNetworkPolicy",
    "networking.k8s.aws/ApplicationNetworkPolicy",
    "k8s.cni.cncf.io/MultiNetworkPolicy",
];

/** Groups of which every other kind moves traffic past NetworkPolicies or sidecars, or attaches pods to other networks. */
export const MOVING_GROUPS: readonly string[] = [
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

/** Kinds of those groups that lead to a Service from elsewhere: `gateways-no-side-entries` judges them. */
const SIDE_ENTRIES = [
    "multicluster.x-k8s.io/ServiceExport",
    "multicluster.x-k8s.io/ServiceImport",
    "networking.gke.io/ServiceNetworkEndpointGroup",
];

/**
 * Kinds of those groups that change no traffic by themselves: sets of addresses, addresses of load balancers, state; and those
 * that another policy judges.
 */
export const STILL_KINDS: ReadonlySet<string> = new Set([
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
    ...SIDE_ENTRIES,
]);

/** Where its rules are: in Antrea's and Calico's a direction is a list of rules too. */
export const DIRECTIONS = ["ingress", "egress", "rules"] as const;
