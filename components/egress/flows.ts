import { reachableHosts } from "../../catalogue/query";
import { ANYWHERE, type Flow, tcp, workload } from "../base/flow";
import { clusterNetworks } from "../shared/addresses/cluster-networks";
import { resolvesToEndpoint } from "../shared/addresses/endpoints";
import { EGRESS_GATEWAY, NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";
import { podIdentityClients } from "../shared/aws/pod-identity";
import { privateNetworkOf } from "../shared/addresses/private-networks";
import { toPodIdentity } from "../shared/flows/parties";

/** To external hosts through the egress gateway, the only workload that leaves the cluster; and to the credentials' agent. */
export function egressFlows({ catalogue, config }: Platform): Flow[] {
    const gateway = workload(NAMESPACES.egress, EGRESS_GATEWAY);
    const external = reachableHosts(catalogue).flatMap(({ host, group, callers }): Flow[] => {
        const ports = tcp(host.port);
        const toGateway = callers.map((caller) => ({
            from: [workload(NAMESPACES.services, caller)],
            to: [gateway],
            ports,
        }));
        const network = privateNetworkOf(group, config);
        if (network !== undefined)
            return [...toGateway, { from: [gateway], to: [{ cidrs: network }], ports }];
        return [
            ...toGateway,
            // NetworkPolicies cannot match names; the mesh matches hosts.
            {
                from: [gateway],
                to: [{ cidrs: [ANYWHERE], except: config.egress.excludedCidrs }],
                ports,
            },
            // The Internet excludes private ranges, but a VPC endpoint has a private address.
            ...(resolvesToEndpoint(host.host, config)
                ? [{ from: [gateway], to: [{ cidrs: clusterNetworks(config).endpoints }], ports }]
                : []),
        ];
    });
    return [
        ...external,
        ...podIdentityClients(catalogue).map((client) =>
            toPodIdentity(workload(NAMESPACES.services, client)),
        ),
    ];
}
