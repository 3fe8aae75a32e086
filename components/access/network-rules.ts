/** What NetworkPolicies are made of. */
import type { NetworkPolicyPort } from "kubernetes-types/networking/v1";
import { COMMON_LABELS, serviceSelector } from "../base/labels";
import type { NetworkPolicyManifest } from "../base/manifest";

export type Spec = NonNullable<NetworkPolicyManifest["spec"]>;
export type IngressRule = NonNullable<Spec["ingress"]>[number];
export type EgressRule = NonNullable<Spec["egress"]>[number];
export type Peer = NonNullable<IngressRule["from"]>[number];

const DNS_POD: Peer = podsIn("kube-system", { "k8s-app": "kube-dns" });

export const DNS: EgressRule = { to: [DNS_POD], ports: [{ port: 53, protocol: "UDP" }, ...tcp(53)] };
/** Its service's port, and its own behind it, which is what a policy sees. */
export const API_SERVER = [443, 6443] as const;

export function policy(name: string, namespace: string, spec: Spec): NetworkPolicyManifest {
    return {
        apiVersion: "networking.k8s.io/v1",
        kind: "NetworkPolicy",
        metadata: { name, namespace, labels: COMMON_LABELS },
        spec,
    };
}

export function workloadPeer(namespace: string, name: string): Peer {
    return { ...namespacePeer(namespace), podSelector: serviceSelector(name) };
}

export function podsIn(namespace: string, matchLabels: Record<string, string>): Peer {
    return { ...namespacePeer(namespace), podSelector: { matchLabels } };
}

export function namespacePeer(namespace: string): Peer {
    return { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } } };
}

export function tcp(...ports: number[]): NetworkPolicyPort[] {
    return ports.map((port) => ({ port, protocol: "TCP" }));
}
