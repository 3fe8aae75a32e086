import { getClusterOutput } from "@pulumi/aws/eks/getCluster";
import * as pulumi from "@pulumi/pulumi";
import type { ExistingConfig } from "../../../config/cluster";
import { eksKubeconfig } from "../kubeconfig";
import { type EksConnection } from "../provider";
import { awsProvider } from "./provider";

/** The connection to an EKS cluster that the stack does not create. */
export function existingCluster(config: ExistingConfig): EksConnection {
    const { name, region } = config;
    const lookup = getClusterOutput({ name }, { provider: awsProvider(config) });
    const kubeconfig = pulumi
        .all([lookup.endpoint, lookup.certificateAuthorities])
        .apply(([endpoint, [authority]]) =>
            eksKubeconfig({ name, region, endpoint, authority: authority?.data ?? "" }),
        );
    return { kubeconfig, endpoint: lookup.endpoint, dependsOn: [] };
}
