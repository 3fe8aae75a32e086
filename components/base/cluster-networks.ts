/** Addresses that no selector of a NetworkPolicy can name: the API server's, the nodes', the load balancers'. */
import type { MeshConfig } from "../../config/schema";
import type { GatewayKey } from "./names";
import { API_SERVICE, zoneSubnets } from "./subnets";

export interface ClusterNetworks {
    /**
     * Where the API server answers, and from where it calls webhooks. Both its Service's address and its endpoints': an
     * agent in the pod's own namespace sees the former, and one behind kube-proxy, or behind a sidecar, the latter.
     */
    readonly apiServer: readonly string[];
    /** The nodes' own addresses, at which their kubelets answer. */
    readonly nodes: readonly string[];
    /** Where VPC endpoints answer for AWS' own services; empty where the stack does not make the network. */
    readonly endpoints: readonly string[];
    /** From where a gateway's load balancer connects to its pods; empty where clients connect to them directly. */
    readonly loadBalancers: Readonly<Record<GatewayKey, readonly string[]>>;
}

export function clusterNetworks({
    cluster,
    edge,
    network,
}: Pick<MeshConfig, "cluster" | "edge" | "network">): ClusterNetworks {
    const isDirect = edge.clientAddress === "direct";
    if (cluster.from !== "eks") {
        const listed = isDirect ? [] : network.loadBalancers;
        return {
            apiServer: network.apiServer,
            nodes: network.nodes,
            endpoints: [],
            loadBalancers: { public: listed, admin: listed, internal: listed },
        };
    }
    const zones = zoneSubnets(cluster);
    const facing = isDirect ? [] : zones.map(({ publicCidr }) => publicCidr);
    return {
        apiServer: [API_SERVICE, ...zones.map(({ controlPlaneCidr }) => controlPlaneCidr)],
        nodes: zones.map(({ privateCidr }) => privateCidr),
        endpoints: zones.map(({ endpointsCidr }) => endpointsCidr),
        loadBalancers: {
            public: facing,
            admin: facing,
            internal: isDirect ? [] : zones.map(({ internalCidr }) => internalCidr),
        },
    };
}
