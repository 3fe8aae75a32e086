import { edges, peerEdges, peersName, reachableHosts, storeEdges } from "../../catalogue/query";
import { collectorHosts } from "../shared/monitoring/collector";
import { COMMON_LABELS, SERVICE_LABEL } from "../base/labels";
import type { SidecarManifest } from "../base/manifest";
import { EGRESS_GATEWAY, NAMESPACES, serviceHost } from "../base/names";
import type { Platform } from "../base/platform";
import { POD_IDENTITY_HOST, podIdentityClients } from "../shared/aws/pod-identity";

/** Matches no host: the sidecar has nothing to call. */
const NO_HOST = "~/*";

/**
 * Each sidecar's view of the mesh: the hosts that its service calls, internal and external, and no other. It keeps a
 * sidecar's size independent of the mesh's, and together with REGISTRY_ONLY it blocks an undeclared call at its
 * source.
 */
export function sidecars({ catalogue, config }: Platform): SidecarManifest[] {
    // The sidecar sends spans itself, and only reaches hosts that are listed for its service.
    const hosts = new Map<string, Set<string>>(
        Object.keys(catalogue.services).map((name) => [name, new Set(collectorHosts(config))]),
    );
    for (const { caller, callee } of edges(catalogue)) {
        hosts.get(caller)?.add(`${NAMESPACES.services}/${serviceHost(callee)}`);
    }
    for (const { service } of peerEdges(catalogue)) {
        for (const name of [service, peersName(service)])
            hosts.get(service)?.add(`${NAMESPACES.services}/${serviceHost(name)}`);
    }
    for (const { caller, store } of storeEdges(catalogue)) {
        hosts.get(caller)?.add(`${NAMESPACES.stores}/${serviceHost(store, NAMESPACES.stores)}`);
    }
    for (const { host, callers } of reachableHosts(catalogue)) {
        for (const caller of callers) {
            hosts.get(caller)?.add(`${NAMESPACES.egress}/${host.host}`);
            hosts.get(caller)?.add(`${NAMESPACES.egress}/${serviceHost(EGRESS_GATEWAY, NAMESPACES.egress)}`);
        }
    }
    for (const client of podIdentityClients(catalogue)) {
        hosts.get(client)?.add(`${NAMESPACES.services}/${POD_IDENTITY_HOST}`);
    }
    const services = [...hosts].sort(([a], [b]) => (a < b ? -1 : 1));
    return [
        ...[NAMESPACES.services, NAMESPACES.stores].map(defaultSidecar),
        ...services.map(([name, called]) => sidecar(name, [...called].sort())),
    ];
}

/** For workloads that are not in the catalogue. */
function defaultSidecar(namespace: string): SidecarManifest {
    return {
        apiVersion: "networking.istio.io/v1",
        kind: "Sidecar",
        metadata: { name: "default", namespace, labels: COMMON_LABELS },
        spec: { egress: [{ hosts: [NO_HOST] }] },
    };
}

function sidecar(name: string, hosts: string[]): SidecarManifest {
    return {
        apiVersion: "networking.istio.io/v1",
        kind: "Sidecar",
        metadata: { name, namespace: NAMESPACES.services, labels: COMMON_LABELS },
        spec: {
            workloadSelector: { labels: { [SERVICE_LABEL]: name } },
            egress: [{ hosts: hosts.length > 0 ? hosts : [NO_HOST] }],
        },
    };
}
