/** AWS permissions of programs in the cluster, by service account. */
import { PodIdentityAssociation } from "@pulumi/aws/eks/podIdentityAssociation";
import * as pulumi from "@pulumi/pulumi";
import type { EksConfig } from "../../../config/cluster";
import { AWS_CLIENTS } from "../../shared/aws/clients";
import type { ServiceRole } from "../../shared/aws/pod-identity";
import { autoscalerDocument } from "./permissions/autoscaler";
import { certificatesDocument } from "./permissions/certificates";
import { type Document, POD_TRUST } from "./permissions/document";
import { privateCaDocument } from "./permissions/private-ca";
import { loadBalancersDocument } from "./permissions/load-balancers";
import { registerRole } from "./role";

export interface IdentitiesArgs {
    readonly config: EksConfig;
    readonly clusterName: pulumi.Input<string>;
    /** The ARN of the domain's hosted zone. */
    readonly zoneArn: pulumi.Input<string>;
    /** The ARN of the AWS Private CA that signs the mesh's intermediate CA. @default none */
    readonly meshCa?: string | undefined;
    /** IAM roles of services. The stack does not create them. */
    readonly services: readonly ServiceRole[];
}

export class Identities extends pulumi.ComponentResource {
    readonly all: readonly pulumi.Resource[];

    constructor(
        name: string,
        { config, clusterName, zoneArn, meshCa, services }: IdentitiesArgs,
        options: pulumi.ComponentResourceOptions,
    ) {
        super("sparc:cluster:Identities", name, {}, options);
        const documents: Readonly<Partial<Record<keyof typeof AWS_CLIENTS, Document>>> = {
            "cert-manager": certificatesDocument(zoneArn),
            ...(meshCa === undefined ? {} : { "private-ca": privateCaDocument(meshCa) }),
            "cluster-autoscaler": autoscalerDocument(config),
            "load-balancers": loadBalancersDocument(config),
        };
        const ofServices = services.map(
            ({ service, ...association }) =>
                new PodIdentityAssociation(
                    `${name}-service-${service}`,
                    { clusterName, ...association },
                    { parent: this },
                ),
        );
        const ofPrograms = (Object.entries(documents) as [keyof typeof AWS_CLIENTS, Document][]).map(
            ([client, calls]) => {
                const { role, permissions } = registerRole(
                    { name: `${name}-${client}`, trust: POD_TRUST, inline: { calls } },
                    this,
                );
                return new PodIdentityAssociation(
                    `${name}-${client}`,
                    { clusterName, ...AWS_CLIENTS[client], roleArn: role.arn },
                    { parent: this, dependsOn: [...permissions] },
                );
            },
        );
        this.all = [...ofPrograms, ...ofServices];
        this.registerOutputs();
    }
}
