/** The EKS cluster and its network. */
import { type EvaluatedResource } from "../../../../cli/policy/protocol";
import { changed, type Mutation } from "../model";
import { set } from "./edit";

/** Changes of the stack's AWS resources: none if the stack uses an existing cluster. */
export function ofCluster(resource: EvaluatedResource): Mutation[] {
    const change = (kind: string, path: string, value: unknown): Mutation => {
        const mutation = changed(kind, resource, set(path, value));
        return { ...mutation, target: resource.name, names: [resource.name] };
    };
    switch (resource.type) {
        case "aws:eks/cluster:Cluster":
            return [
                change("EKS: endpoint open to the world", "vpcConfig", {
                    endpointPublicAccess: true,
                    publicAccessCidrs: ["0.0.0.0/0"],
                }),
                change("EKS: endpoint open to the world in halves", "vpcConfig", {
                    endpointPublicAccess: true,
                    publicAccessCidrs: ["0.0.0.0/2", "64.0.0.0/2", "128.0.0.0/2", "192.0.0.0/2"],
                }),
                change("EKS: AWS's default endpoint access", "vpcConfig", {}),
                change("EKS: Secrets not encrypted", "encryptionConfig", undefined),
                change("EKS: no audit log", "enabledClusterLogTypes", ["api"]),
            ];
        case "aws:ec2/launchTemplate:LaunchTemplate":
            return [
                change("nodes: IMDSv1", "metadataOptions.httpTokens", "optional"),
                change("nodes: no metadata options", "metadataOptions", undefined),
                change("nodes: credentials for pods", "metadataOptions.httpPutResponseHopLimit", 5),
                change("nodes: public addresses", "networkInterfaces", [
                    { associatePublicIpAddress: "true" },
                ]),
            ];
        case "aws:eks/nodeGroup:NodeGroup":
            return [
                change("nodes: SSH from the world", "remoteAccess", { ec2SshKey: "staff" }),
                change("nodes: no launch template", "launchTemplate", undefined),
                change(
                    "nodes: in public subnets",
                    "subnetIds",
                    JSON.parse(
                        JSON.stringify(resource.properties["subnetIds"] ?? []).replaceAll(
                            "private",
                            "public",
                        ),
                    ),
                ),
            ];
        case "aws:ec2/securityGroup:SecurityGroup":
            return [
                change("security group: SSH from the world", "ingress", [
                    { protocol: "tcp", fromPort: 22, toPort: 22, cidrBlocks: ["0.0.0.0/0"] },
                ]),
                change("security group: everything from the world, by IPv6", "ingress", [
                    { protocol: "-1", fromPort: 0, toPort: 0, ipv6CidrBlocks: ["::/0"] },
                ]),
            ];
        case "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":
            return [change("security group rule: from the world", "cidrIpv4", "0.0.0.0/0")];
        case "aws:eks/addon:Addon":
            return resource.properties["addonName"] === "vpc-cni"
                ? [
                      {
                          ...change("EKS: NetworkPolicies ignored", "configurationValues", "{}"),
                          names: ["Cluster"],
                      },
                  ]
                : [];
        default:
            return [];
    }
}
