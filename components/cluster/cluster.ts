/** The stack's cluster, found or made; and what there is to tell of it once the mesh is in it. */
import { createRequire } from "node:module";
import type * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Platform } from "../base/platform";
import type * as EksAddresses from "./eks/addresses";
import type * as Eks from "./eks/eks";
import type * as Existing from "./eks/existing";
import { eksProvider, kubeconfigProvider } from "./provider";
import { unknownCase } from "../../catalogue/never";

export interface ClusterOutputs {
    /** Of a cluster at AWS; a secret. */
    readonly kubeconfig?: pulumi.Output<string>;
    /** To whom the domain must be delegated. */
    readonly nameServers?: pulumi.Output<string[]>;
    /** The load balancers' own names, by gateway. */
    readonly addresses?: pulumi.Output<Readonly<Record<string, string>>>;
}

export interface StackCluster {
    readonly provider: k8s.Provider;
    /** Makes what of the cluster itself needs objects in it first: add-ons whose pods need NetworkPolicies. */
    readonly addOns: (after: readonly pulumi.Resource[]) => readonly pulumi.Resource[];
    /** Gives clients names for the gateways, where the stack has the domain's zone. */
    readonly publish: (gateways: readonly pulumi.Resource[]) => ClusterOutputs;
}

export function clusterOf(platform: Platform): StackCluster {
    const { cluster } = platform.config;
    switch (cluster.from) {
        case "kubeconfig":
            return { provider: kubeconfigProvider(platform.config), addOns: () => [], publish: () => ({}) };
        case "existing": {
            const { existingCluster } = aws("./eks/existing") as typeof Existing;
            const connection = existingCluster(cluster);
            const kubeconfig = pulumi.secret(connection.kubeconfig);
            return { provider: eksProvider(connection), addOns: () => [], publish: () => ({ kubeconfig }) };
        }
        case "eks": {
            const { EksCluster } = aws("./eks/eks") as typeof Eks;
            const { Addresses } = aws("./eks/addresses") as typeof EksAddresses;
            const made = new EksCluster(platform, cluster);
            return {
                provider: eksProvider(made.connection),
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
                        addresses: pulumi.all(balancers),
                    };
                },
            };
        }
        default:
            return unknownCase(cluster);
    }
}

/** Loaded where a stack's cluster is at AWS, and nowhere else: on any other, nothing of AWS' library is ever there. */
function aws(path: string): unknown {
    return createRequire(__filename)(path);
}
