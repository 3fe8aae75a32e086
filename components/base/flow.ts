/**
 * Connections that a concern needs in the network. The concern `network` turns the flows of all concerns into
 * NetworkPolicies.
 */
import type { NetworkPolicyPort } from "kubernetes-types/networking/v1";
import { serviceSelector } from "./labels";

/** Pods at one end of a flow. */
export interface Pods {
    readonly namespace: string;
    /** @default all pods of the namespace */
    readonly labels?: Record<string, string>;
    /** The name of the NetworkPolicy that allows the flow at this end. @default none: something else allows it */
    readonly policy?: string;
    /** Whether that policy isolates the pods in both directions, even if they have flows in only one. @default false */
    readonly isolated?: boolean;
}

/** Addresses at one end of a flow. */
export interface Addresses {
    readonly cidrs: readonly string[];
    /**
     * What `0.0.0.0/0` does not include. @default private ranges: a pod that can leave the cluster must not reach more
     * inside it
     */
    readonly except?: readonly string[];
}

/** Pods of every namespace, or any address at all. */
export type Anyone = "every-pod" | "anyone";

export type Party = Pods | Addresses | Anyone;

/** `from` and `to` can each be several parties, which one rule lists. No rule lists addresses that are none. */
export interface Flow {
    readonly from: readonly Party[];
    readonly to: readonly Party[];
    readonly ports: readonly NetworkPolicyPort[];
}

/** The pods of a service, a store or a component of the mesh, which have one NetworkPolicy of the same name. */
export function workload(namespace: string, name: string): Pods {
    return { namespace, labels: serviceSelector(name).matchLabels, policy: name, isolated: true };
}

/** Every IPv4 address. */
export const ANYWHERE = "0.0.0.0/0";

export function tcp(...ports: number[]): NetworkPolicyPort[] {
    return ports.map((port) => ({ port, protocol: "TCP" }));
}
