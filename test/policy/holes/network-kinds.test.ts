/** Kinds of network plugins and clouds other than NetworkPolicy (E11–E16, E21). */
import { itAccepts, itRejects } from "./assertions";

describe("kinds other than NetworkPolicy", () => {
    const kind = (id: string, spec = "{}"): string => {
        const [group = "", name = ""] = id.split("/");
        return `{ apiVersion: ${group}/v1, kind: ${name}, metadata: { name: open, namespace: shop }, spec: ${spec} }`;
    };
    itRejects("network-policy-kinds", [
        ...["ingress: [{ action: Accept }]", "egress: [{ action: Accept }]", "ingress: [{}]"].map(
            (rules) => ({
                what: `AWS' ClusterNetworkPolicy ${rules}`,
                yaml: kind("networking.k8s.aws/ClusterNetworkPolicy", `{ ${rules} }`),
            }),
        ),
        {
            what: "AWS' ApplicationNetworkPolicy",
            yaml: kind(
                "networking.k8s.aws/ApplicationNetworkPolicy",
                "{ egress: [{ to: [{ domainNames: ['*'] }] }] }",
            ),
        },
        {
            what: "the baseline's Allow",
            yaml: kind(
                "policy.networking.k8s.io/BaselineAdminNetworkPolicy",
                "{ ingress: [{ action: Allow }] }",
            ),
        },
        ...["Allow", "Pass"].flatMap((action) =>
            ["crd.projectcalico.org", "projectcalico.org"].map((group) => ({
                what: `Calico's ${action} (${group})`,
                yaml: kind(`${group}/GlobalNetworkPolicy`, `{ ingress: [{ action: ${action} }] }`),
            })),
        ),
        ...["Allow", "Pass"].map((action) => ({
            what: `Antrea's ${action}`,
            yaml: kind("crd.antrea.io/ClusterNetworkPolicy", `{ ingress: [{ action: ${action} }] }`),
        })),
        ...[
            "networking.k8s.aws/PolicyEndpoint",
            "vpcresources.k8s.aws/SecurityGroupPolicy",
            "crd.k8s.amazonaws.com/ENIConfig",
            "cilium.io/CiliumLocalRedirectPolicy",
            "cilium.io/CiliumEnvoyConfig",
            "cilium.io/CiliumClusterwideEnvoyConfig",
            "cilium.io/CiliumEgressGatewayPolicy",
            "cilium.io/CiliumTomorrow",
            "crd.antrea.io/TrafficControl",
            "crd.antrea.io/Egress",
            "crd.projectcalico.org/FelixConfiguration",
            "projectcalico.org/HostEndpoint",
            "k8s.cni.cncf.io/NetworkAttachmentDefinition",
            "k8s.ovn.org/EgressIP",
            "k8s.ovn.org/UserDefinedNetwork",
            "kubeovn.io/Subnet",
            "multicluster.x-k8s.io/Tomorrow",
        ].map((id) => ({ what: id, yaml: kind(id) })),
    ]);
    itAccepts("network-policy-kinds", [
        {
            what: "AWS' Deny",
            yaml: kind("networking.k8s.aws/ClusterNetworkPolicy", "{ egress: [{ action: Deny }] }"),
        },
        {
            what: "Calico's Deny and Log",
            yaml: kind(
                "projectcalico.org/GlobalNetworkPolicy",
                "{ ingress: [{ action: Log }, { action: Deny }] }",
            ),
        },
        {
            what: "Cilium's denials",
            yaml: kind("cilium.io/CiliumNetworkPolicy", "{ ingressDeny: [{ fromEntities: [world] }] }"),
        },
        {
            what: "a set of addresses",
            yaml: kind("projectcalico.org/GlobalNetworkSet", "{ nets: [10.0.0.0/8] }"),
        },
    ]);
});
