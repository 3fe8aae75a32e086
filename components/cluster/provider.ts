import * as k8s from "@pulumi/kubernetes";
import type { MeshConfig } from "../../config/schema";

/** The connection to the stack's cluster. */
export function clusterProvider({ kubeconfig, context }: MeshConfig): k8s.Provider {
    return new k8s.Provider("cluster", {
        ...(kubeconfig === undefined ? {} : { kubeconfig }),
        ...(context === undefined ? {} : { context }),
        // Without it an edit of the kubeconfig, such as a renewed token, would replace every object.
        clusterIdentifier: "sparc-mesh",
    });
}
