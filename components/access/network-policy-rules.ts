/** Building blocks of NetworkPolicies. */
import type { NetworkPolicyPort } from "kubernetes-types/networking/v1";
import { PRIVATE_RANGES } from "../../config/egress";
import type { MeshConfig } from "../../config/schema";
import { POD_IDENTITY } from "../base/aws-clients";
import { clusterNetworks } from "../base/cluster-networks";
import { COMMON_LABELS, serviceSelector } from "../base/labels";
import type { NetworkPolicyManifest } from "../base/manifest";

export type Spec = NonNullable<NetworkPolicyManifest["spec"]>;
export type IngressRule = NonNullable<Spec["ingress"]>[number];
export type EgressRule = NonNullable<Spec["egress"]>[number];
export type Peer = NonNullable<IngressRule["from"]>[number];

export type NetworkConfig = Pick<MeshConfig, "cluster" | "edge" | "network">;

export const ANYWHERE = "0.0.0.0/0";

const DNS_POD: Peer = podsIn("kube-system", { "k8s-app": "kube-dns" });

export const DNS: EgressRule = { to: [DNS_POD], ports: [{ port: 53, protocol: "UDP" }, ...tcp(53)] };
/** The ports of the API server's Service, and of its endpoints on clusters other than EKS. */
const API_SERVER_PORTS = [443, 6443] as const;

/** The API server as a destination. It has no pods to select, so the rule lists its addresses. */
export function toApiServer(config: NetworkConfig): EgressRule[] {
    return toNetworks(clusterNetworks(config).apiServer, ...API_SERVER_PORTS);
}

/** The node's agent that gives pods their Pod Identity credentials. */
export function toPodIdentity(): EgressRule {
    return { to: [{ ipBlock: { cidr: POD_IDENTITY.cidr } }], ports: tcp(POD_IDENTITY.port) };
}

/**
 * Egress to `ports` at these CIDR blocks. No rule if there is no block, because a rule without peers allows every
 * destination.
 */
export function toNetworks(networks: readonly string[], ...ports: number[]): EgressRule[] {
    return networks.length === 0 ? [] : [{ to: networks.map(networkPeer), ports: tcp(...ports) }];
}

/**
 * Ingress to `ports` from these CIDR blocks. No rule if there is no block, because a rule without peers allows every
 * source.
 */
export function fromNetworks(networks: readonly string[], ...ports: number[]): IngressRule[] {
    return networks.length === 0 ? [] : [{ from: networks.map(networkPeer), ports: tcp(...ports) }];
}

/**
 * @param cidr the whole Internet excludes private networks: a pod that can leave the cluster must not reach more
 * inside it
 */
function networkPeer(cidr: string): Peer {
    return { ipBlock: cidr === ANYWHERE ? { cidr, except: [...PRIVATE_RANGES] } : { cidr } };
}

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
