import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { MeshConfig } from "../../config/schema";
import { serverOf } from "./kubeconfig";

/**
 * The provider's resource name. It must not change, or Pulumi replaces every object when a stack describes its
 * cluster differently.
 */
export const PROVIDER = "cluster";

/** The provider for the cluster of the stack's kubeconfig, or of the environment's. */
export function kubeconfigProvider({ kubeconfig, context }: MeshConfig): k8s.Provider {
    return new k8s.Provider(PROVIDER, {
        ...(kubeconfig === undefined ? {} : { kubeconfig }),
        ...(context === undefined ? {} : { context }),
        // Without this, an edit of the kubeconfig, such as a renewed token, would replace every object. A different
        // cluster must.
        clusterIdentifier: kubeconfig === undefined ? "sparc-mesh" : serverOf(kubeconfig, context),
    });
}

export interface EksConnection {
    readonly kubeconfig: pulumi.Input<string>;
    /**
     * The API server's address, which is unique: no other cluster ever has it, not even a later one of the same name.
     */
    readonly endpoint: pulumi.Input<string>;
    /**
     * Resources that must exist before, and as long as, anything is in the cluster: nodes and what makes them ready.
     */
    readonly dependsOn: readonly pulumi.Resource[];
}

export function eksProvider({ kubeconfig, endpoint, dependsOn }: EksConnection): k8s.Provider {
    return new k8s.Provider(
        PROVIDER,
        { kubeconfig: pulumi.secret(kubeconfig), clusterIdentifier: endpoint },
        { dependsOn: [...dependsOn] },
    );
}
