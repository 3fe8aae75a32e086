/** VPC endpoints: image pulls, logs and AWS API calls of nodes stay inside the VPC. */
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup";
import { VpcEndpoint } from "@pulumi/aws/ec2/vpcEndpoint";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule";
import * as pulumi from "@pulumi/pulumi";
import type { EksConfig } from "../../../config/cluster";
import type { Network } from "./network";
import { INTERFACE_ENDPOINTS } from "../../shared/addresses/endpoints";
import { type Document, documentOf } from "./permissions/document";

/** Image layers are in S3, which has a gateway endpoint. */
export const GATEWAY_ENDPOINTS = ["s3"] as const;

/**
 * The buckets that are reachable through the VPC's endpoint: those of the account, and ECR's bucket of image layers.
 * Credentials of another account cannot be used to write data to that account's buckets.
 */
function buckets({ region }: EksConfig, account: pulumi.Input<string>): Document {
    return documentOf(
        {
            Effect: "Allow",
            Principal: { AWS: "*" },
            Action: ["s3:*"],
            Resource: "*",
            Condition: { StringEquals: { "aws:ResourceAccount": account } },
        },
        {
            Effect: "Allow",
            Principal: { AWS: "*" },
            Action: ["s3:GetObject"],
            // The EKS and ECR user guides, "Amazon S3 gateway endpoint".
            Resource: `arn:aws:s3:::prod-${region}-starport-layer-bucket/*`,
        },
    );
}

/** Allows one CA of AWS Private CA to sign the intermediate CA, and nothing else. */
function certificateAuthority(arn: string): Document {
    return documentOf({
        Effect: "Allow",
        Principal: { AWS: "*" },
        Action: [
            "acm-pca:DescribeCertificateAuthority",
            "acm-pca:GetCertificate",
            "acm-pca:IssueCertificate",
        ],
        Resource: arn,
    });
}

export interface EndpointsArgs {
    readonly config: EksConfig;
    readonly network: Network;
    /** The ARN of the AWS Private CA that signs the mesh's intermediate CA. @default none */
    readonly meshCa?: string | undefined;
}

export class Endpoints extends pulumi.ComponentResource {
    readonly all: readonly VpcEndpoint[];

    constructor(
        name: string,
        { config, network: { vpc, zones }, meshCa }: EndpointsArgs,
        options: pulumi.ComponentResourceOptions,
    ) {
        super("sparc:cluster:Endpoints", name, {}, options);
        const parent = { parent: this };
        const group = new SecurityGroup(
            `${name}-endpoints`,
            {
                vpcId: vpc.id,
                description: "HTTPS from inside the network to AWS services",
                tags: { Name: `${config.name}-endpoints` },
            },
            parent,
        );
        new SecurityGroupIngressRule(
            `${name}-endpoints-https`,
            {
                securityGroupId: group.id,
                cidrIpv4: config.vpcCidr,
                ipProtocol: "tcp",
                fromPort: 443,
                toPort: 443,
            },
            parent,
        );
        const policies: Readonly<Record<string, Document>> =
            meshCa === undefined ? {} : { "acm-pca": certificateAuthority(meshCa) };
        this.all = [
            ...GATEWAY_ENDPOINTS.map(
                (service) =>
                    new VpcEndpoint(
                        `${name}-${service}`,
                        {
                            vpcId: vpc.id,
                            serviceName: `com.amazonaws.${config.region}.${service}`,
                            vpcEndpointType: "Gateway",
                            policy: pulumi.jsonStringify(buckets(config, vpc.ownerId)),
                            routeTableIds: zones.map(({ routeTable }) => routeTable.id),
                            tags: { Name: `${config.name}-${service}` },
                        },
                        parent,
                    ),
            ),
            ...[...INTERFACE_ENDPOINTS, ...Object.keys(policies)].map(
                (service) =>
                    new VpcEndpoint(
                        `${name}-${service.replace(".", "-")}`,
                        {
                            vpcId: vpc.id,
                            serviceName: `com.amazonaws.${config.region}.${service}`,
                            vpcEndpointType: "Interface",
                            privateDnsEnabled: true,
                            subnetIds: zones.map(({ endpointsSubnet }) => endpointsSubnet.id),
                            securityGroupIds: [group.id],
                            ...(policies[service] === undefined
                                ? {}
                                : { policy: JSON.stringify(policies[service]) }),
                            tags: { Name: `${config.name}-${service}` },
                        },
                        parent,
                    ),
            ),
        ];
        this.registerOutputs();
    }
}
