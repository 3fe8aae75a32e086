/** What programs in the cluster may do at AWS, each by its service account. */
import { PodIdentityAssociation } from "@pulumi/aws/eks/podIdentityAssociation";
import * as pulumi from "@pulumi/pulumi";
import type { EksConfig } from "../../../config/cluster";
import { AWS_CLIENTS } from "../../base/aws-clients";
import { autoscalerDocument } from "./permissions/autoscaler";
import { certificatesDocument } from "./permissions/certificates";
import { type Document, POD_TRUST } from "./permissions/document";
import { loadBalancersDocument } from "./permissions/load-balancers";
import { registerRole } from "./role";

export interface IdentitiesArgs {
    readonly config: EksConfig;
    readonly clusterName: pulumi.Input<string>;
    /** The ARN of the domain's zone. */
    readonly zoneArn: pulumi.Input<string>;
}

export class Identities extends pulumi.ComponentResource {
    readonly all: readonly pulumi.Resource[];

    constructor(
        name: string,
        { config, clusterName, zoneArn }: IdentitiesArgs,
        options: pulumi.ComponentResourceOptions,
    ) {
        super("sparc:cluster:Identities", name, {}, options);
        const documents: Readonly<Record<keyof typeof AWS_CLIENTS, Document>> = {
            "cert-manager": certificatesDocument(zoneArn),
            "cluster-autoscaler": autoscalerDocument(config),
            "load-balancers": loadBalancersDocument(config),
        };
        this.all = (Object.keys(documents) as (keyof typeof AWS_CLIENTS)[]).map((client) => {
            const { role, permissions } = registerRole(
                { name: `${name}-${client}`, trust: POD_TRUST, own: { calls: documents[client] } },
                this,
            );
            return new PodIdentityAssociation(
                `${name}-${client}`,
                { clusterName, ...AWS_CLIENTS[client], roleArn: role.arn },
                { parent: this, dependsOn: [...permissions] },
            );
        });
        this.registerOutputs();
    }
}
