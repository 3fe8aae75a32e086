import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { MeshConfig } from "../../config/schema";
import { serverOf } from "./kubeconfig";

/** The provider's name: it stays, so that nothing is replaced when a stack's cluster is described otherwise. */
export const PROVIDER = "cluster";

/** The connection to the cluster that the stack's kubeconfig, or else the environment's, leads to. */
export function kubeconfigProvider({ kubeconfig, context }: MeshConfig): k8s.Provider {
    return new k8s.Provider(PROVIDER, {
        ...(kubeconfig === undefined ? {} : { kubeconfig }),
        ...(context === undefined ? {} : { context }),
        // Without it an edit of the kubeconfig, such as a renewed token, would replace every object; another cluster
        // must.
        clusterIdentifier: kubeconfig === undefined ? "sparc-mesh" : serverOf(kubeconfig, context),
    });
}

export interface EksConnection {
    readonly kubeconfig: pulumi.Input<string>;
    /** Its API server's own address, which no other cluster ever has, not even a later one of the same name. */
    readonly endpoint: pulumi.Input<string>;
    /** What must be there before, and as long as, anything is in the cluster: nodes and what makes them ready. */
    readonly dependsOn: readonly pulumi.Resource[];
}

export function eksProvider({ kubeconfig, endpoint, dependsOn }: EksConnection): k8s.Provider {
    return new k8s.Provider(
        PROVIDER,
        { kubeconfig: pulumi.secret(kubeconfig), clusterIdentifier: endpoint },
        { dependsOn: [...dependsOn] },
    );
}
