/** The EKS control plane: the API server, its logs, and access to it. */
import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup";
import { AccessEntry, type AccessEntryArgs } from "@pulumi/aws/eks/accessEntry";
import { AccessPolicyAssociation } from "@pulumi/aws/eks/accessPolicyAssociation";
import { Cluster } from "@pulumi/aws/eks/cluster";
import { Alias } from "@pulumi/aws/kms/alias";
import { Key } from "@pulumi/aws/kms/key";
import * as pulumi from "@pulumi/pulumi";
import type { EksConfig } from "../../../config/cluster";
import { VIEWERS } from "../../base/names";
import { SERVICE_NETWORK } from "../../shared/addresses/subnets";
import type { Network } from "./network";
import { documentOf, trustOf } from "./permissions/document";
import { registerRole } from "./role";

export const LOG_TYPES = ["api", "audit", "authenticator", "controllerManager", "scheduler"] as const;

export interface ApiServerArgs {
    readonly config: EksConfig;
    readonly network: Network;
    /** Whether neither the stack nor the AWS console can delete resources that must not be lost. */
    readonly protect: boolean;
}

export class ApiServer extends pulumi.ComponentResource {
    readonly cluster: Cluster;

    constructor(
        name: string,
        { config, network, protect }: ApiServerArgs,
        options: pulumi.ComponentResourceOptions,
    ) {
        super("sparc:cluster:ApiServer", name, {}, options);
        const parent = { parent: this };
        // Without this key every Secret is lost.
        const key = new Key(
            `${name}-secrets`,
            {
                description: `Secrets of the EKS cluster ${config.name}`,
                enableKeyRotation: true,
                deletionWindowInDays: 30,
            },
            { ...parent, protect },
        );
        new Alias(
            `${name}-secrets`,
            { name: `alias/${config.name}-secrets`, targetKeyId: key.keyId },
            parent,
        );
        // EKS would otherwise create the log group itself, with unlimited retention.
        const logs = new LogGroup(
            `${name}-logs`,
            { name: `/aws/eks/${config.name}/cluster`, retentionInDays: config.logRetentionDays },
            { ...parent, protect },
        );
        const { role, permissions } = registerRole(
            {
                name: `${name}-role`,
                trust: trustOf("eks"),
                managed: ["AmazonEKSClusterPolicy"],
                inline: {
                    secrets: documentOf({
                        Effect: "Allow",
                        Action: ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt"],
                        Resource: key.arn,
                    }),
                },
            },
            this,
        );
        this.cluster = new Cluster(
            `${name}-eks`,
            {
                name: config.name,
                version: config.version,
                roleArn: role.arn,
                accessConfig: {
                    authenticationMode: "API",
                    // The creator of the cluster needs admin access to deploy the mesh: by this setting, or as one of
                    // `admins`.
                    bootstrapClusterCreatorAdminPermissions: config.bootstrapClusterCreatorAdminPermissions,
                },
                // The managed add-ons replace these.
                bootstrapSelfManagedAddons: false,
                deletionProtection: protect,
                enabledClusterLogTypes: [...LOG_TYPES],
                encryptionConfig: { provider: { keyArn: key.arn }, resources: ["secrets"] },
                kubernetesNetworkConfig: { ipFamily: "ipv4", serviceIpv4Cidr: SERVICE_NETWORK },
                // At the end of standard support EKS upgrades the version, instead of charging six times the price
                // for extended support.
                upgradePolicy: { supportType: "STANDARD" },
                vpcConfig: {
                    subnetIds: network.zones.map(({ controlPlaneSubnet }) => controlPlaneSubnet.id),
                    endpointPrivateAccess: true,
                    endpointPublicAccess: false,
                },
            },
            { ...parent, protect, dependsOn: [...permissions, logs] },
        );
        this.admins(name, config.admins);
        this.viewers(name, config.viewers);
        this.registerOutputs();
    }

    private admins(name: string, principals: readonly string[]): void {
        for (const principalArn of [...principals].sort()) {
            const resourceName = `${name}-admin-${idOf(principalArn)}`;
            const entry = this.entry(resourceName, { principalArn });
            new AccessPolicyAssociation(
                resourceName,
                {
                    clusterName: this.cluster.name,
                    principalArn,
                    policyArn: "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
                    accessScope: { type: "cluster" },
                },
                { parent: this, dependsOn: [entry] },
            );
        }
    }

    /**
     * Viewers get a group that is bound to the ClusterRole `sparc-mesh-viewer`, and no EKS access policy:
     * AmazonEKSAdminViewPolicy reads Secrets, and AmazonEKSViewPolicy reads neither nodes nor custom resources (EKS
     * user guide, "Review access policy permissions").
     */
    private viewers(name: string, principals: readonly string[]): void {
        for (const principalArn of [...principals].sort()) {
            this.entry(`${name}-viewer-${idOf(principalArn)}`, {
                principalArn,
                kubernetesGroups: [VIEWERS.group],
            });
        }
    }

    private entry(
        resourceName: string,
        args: Pick<AccessEntryArgs, "principalArn" | "kubernetesGroups">,
    ): AccessEntry {
        return new AccessEntry(
            resourceName,
            { clusterName: this.cluster.name, type: "STANDARD", ...args },
            { parent: this },
        );
    }
}

/** `111122223333-role-on-call` for `arn:aws:iam::111122223333:role/on-call`. */
function idOf(principalArn: string): string {
    return principalArn.replace(/^arn:aws:iam::/, "").replace(/[^\w-]+/g, "-");
}
