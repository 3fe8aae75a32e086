import { getClusterOutput } from "@pulumi/aws/eks/getCluster";
import * as pulumi from "@pulumi/pulumi";
import type { ExistingConfig } from "../../../config/cluster";
import { eksKubeconfig } from "../kubeconfig";
import { type EksConnection } from "../provider";
import { awsProvider } from "./provider";

/** The way to an EKS cluster that somebody else looks after. */
export function existingCluster(config: ExistingConfig): EksConnection {
    const { name, region } = config;
    const found = getClusterOutput({ name }, { provider: awsProvider(config) });
    const kubeconfig = pulumi
        .all([found.endpoint, found.certificateAuthorities])
        .apply(([endpoint, [authority]]) =>
            eksKubeconfig({ name, region, endpoint, authority: authority?.data ?? "" }),
        );
    return { kubeconfig, endpoint: found.endpoint, dependsOn: [] };
}
