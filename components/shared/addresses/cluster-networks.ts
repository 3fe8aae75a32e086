/**
 * Addresses that a NetworkPolicy cannot select by label: those of the API server, the nodes and the load balancers.
 */
import type { MeshConfig } from "../../../config/schema";
import { isInternal } from "../../base/load-balancer-scheme";
import type { GatewayKey } from "../../base/names";
import { API_SERVICE, zoneSubnets } from "./subnets";

export interface ClusterNetworks {
    /**
     * The API server's addresses, from which it also calls webhooks: its Service's and its endpoints'. A policy
     * engine in the pod's network namespace sees the former; one behind kube-proxy, or behind a sidecar, sees the
     * latter.
     */
    readonly apiServer: readonly string[];
    /** The nodes' addresses, at which the kubelets listen. */
    readonly nodes: readonly string[];
    /** The VPC endpoints' addresses; empty if the stack does not create the VPC. */
    readonly endpoints: readonly string[];
    /**
     * The addresses from which a gateway's load balancer connects to its pods; empty if clients connect to them
     * directly.
     */
    readonly loadBalancers: Readonly<Record<GatewayKey, readonly string[]>>;
}

export function clusterNetworks({
    cluster,
    edge,
    network,
}: Pick<MeshConfig, "cluster" | "edge" | "network">): ClusterNetworks {
    const isDirect = edge.clientAddress === "direct";
    if (cluster.from !== "eks") {
        const listed = isDirect ? [] : network.loadBalancerCidrs;
        return {
            apiServer: network.apiServerCidrs,
            nodes: network.nodeCidrs,
            endpoints: [],
            loadBalancers: { public: listed, admin: listed, internal: listed },
        };
    }
    const zones = zoneSubnets(cluster);
    const balancers = (key: GatewayKey) =>
        isDirect
            ? []
            : zones.map(({ publicCidr, internalCidr }) =>
                  isInternal(key, { edge }) ? internalCidr : publicCidr,
              );
    return {
        apiServer: [API_SERVICE, ...zones.map(({ controlPlaneCidr }) => controlPlaneCidr)],
        nodes: zones.map(({ privateCidr }) => privateCidr),
        endpoints: zones.map(({ endpointsCidr }) => endpointsCidr),
        loadBalancers: {
            public: balancers("public"),
            admin: balancers("admin"),
            internal: balancers("internal"),
        },
    };
}
