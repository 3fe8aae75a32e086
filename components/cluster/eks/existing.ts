import { getCluster } from "@pulumi/aws/eks/getCluster";
import * as pulumi from "@pulumi/pulumi";
import type { ExistingConfig } from "../../../config/cluster";
import { causeOf, runError } from "../../base/run-error";
import { eksKubeconfig } from "../kubeconfig";
import { type EksConnection } from "../provider";
import { awsProvider } from "./provider";

/** The connection to an EKS cluster that the stack does not create. */
export function existingCluster(config: ExistingConfig): EksConnection {
    const { name, region } = config;
    const lookup = pulumi.output(
        getCluster({ name }, { provider: awsProvider(config) }).catch((error: unknown) => {
            throw runError(
                `cannot look up the EKS cluster ${name} in ${region}: ${causeOf(error)}\n` +
                    "Check sparc-mesh:cluster.name and cluster.region, and allow eks:DescribeCluster on it",
            );
        }),
    );
    const kubeconfig = pulumi
        .all([lookup.endpoint, lookup.certificateAuthorities])
        .apply(([endpoint, [authority]]) =>
            eksKubeconfig({ name, region, endpoint, authority: authority?.data ?? "" }),
        );
    return { kubeconfig, endpoint: lookup.endpoint, dependsOn: [] };
}
