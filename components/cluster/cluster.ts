/** The stack's cluster, existing or created, and the outputs about it. */
import { createRequire } from "node:module";
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Platform } from "../base/platform";
import type * as EksAddresses from "./eks/addresses";
import type * as Eks from "./eks/eks";
import type * as Existing from "./eks/existing";
import { eksProvider, kubeconfigProvider } from "./provider";
import type { ClusterAccess } from "./revisions-in-use";
import { unknownCase } from "../../catalogue/never";

export interface ClusterOutputs {
    /** A secret. Only for a cluster at AWS. */
    readonly kubeconfig?: pulumi.Output<string>;
    /** The name servers to which the domain must be delegated. */
    readonly nameServers?: pulumi.Output<string[]>;
    /** The load balancers' DNS names, by gateway. */
    readonly addresses?: pulumi.Output<Readonly<Record<string, string>>>;
}

export interface StackCluster {
    readonly provider: k8s.Provider;
    /** How to read the cluster while the program runs. */
    readonly access: ClusterAccess;
    /** Creates the add-ons that need objects in the cluster first: their pods need NetworkPolicies. */
    readonly addOns: (after: readonly pulumi.Resource[]) => readonly pulumi.Resource[];
    /** Creates DNS records for the gateways, if the stack has the domain's zone. */
    readonly publish: (gateways: readonly pulumi.Resource[]) => ClusterOutputs;
}

export function clusterOf(platform: Platform): StackCluster {
    const { cluster } = platform.config;
    switch (cluster.from) {
        case "kubeconfig": {
            const { config } = platform;
            const { kubeconfig, context } = config;
            return {
                provider: kubeconfigProvider(config),
                access: {
                    ...(kubeconfig === undefined ? {} : { kubeconfig }),
                    ...(context === undefined ? {} : { context }),
                },
                addOns: () => [],
                publish: () => ({}),
            };
        }
        case "existing": {
            const { existingCluster } = aws("./eks/existing") as typeof Existing;
            const connection = existingCluster(cluster);
            const kubeconfig = pulumi.secret(connection.kubeconfig);
            return {
                provider: eksProvider(connection),
                access: connection,
                addOns: () => [],
                publish: () => ({ kubeconfig }),
            };
        }
        case "eks": {
            const { EksCluster } = aws("./eks/eks") as typeof Eks;
            const { Addresses } = aws("./eks/addresses") as typeof EksAddresses;
            const made = new EksCluster(platform, cluster);
            return {
                provider: eksProvider(made.connection),
                access: made.connection,
                addOns: made.addOns,
                publish: (releases) => {
                    const { balancers } = new Addresses(platform, {
                        cluster: cluster.name,
                        aws: made.aws,
                        zone: made.zone,
                        releases,
                    });
                    return {
                        kubeconfig: pulumi.secret(made.connection.kubeconfig),
                        nameServers: made.zone.nameServers,
                        addresses: balancers,
                    };
                },
            };
        }
        default:
            return unknownCase(cluster);
    }
}

/** Loads the AWS components only if the stack's cluster is at AWS, so that other stacks never load the AWS SDK. */
function aws(path: string): unknown {
    return createRequire(__filename)(path);
}
