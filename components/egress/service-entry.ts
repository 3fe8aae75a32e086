import type { ReachableHost } from "../../catalogue/query";
import { POD_IDENTITY } from "../shared/aws/clients";
import { COMMON_LABELS } from "../base/labels";
import type { ServiceEntryManifest } from "../base/manifest";
import { NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";
import { POD_IDENTITY_HOST, podIdentityClients } from "../shared/aws/pod-identity";
import { type EgressHost, callerPort, originatesTls, metadataOf } from "./host";

/**
 * Adds an external host to the mesh's registry, under its literal name, only in the namespaces of its callers and of
 * the gateway; the callers' Sidecars select it. Istio assigns it a virtual address, with which sidecars answer DNS
 * queries, so that TCP ports of different hosts are distinguishable.
 */
export function serviceEntry({ name, ports }: EgressHost): ServiceEntryManifest {
    return {
        apiVersion: "networking.istio.io/v1",
        kind: "ServiceEntry",
        metadata: metadataOf(name),
        spec: {
            hosts: [name],
            exportTo: [NAMESPACES.egress, NAMESPACES.services],
            location: "MESH_EXTERNAL",
            resolution: "DNS",
            ports: ports.map((reached) => {
                const number = callerPort(reached);
                const protocol = protocolOf(reached);
                return {
                    number,
                    name: `${protocol.toLowerCase()}-${number}`,
                    protocol,
                    ...(originatesTls(reached) ? { targetPort: reached.host.port } : {}),
                };
            }),
        },
    };
}

/**
 * The node's Pod Identity agent, if services use it. It is on the node, so calls to it do not pass the egress
 * gateway: the agent identifies a pod by its source address. The clients' Sidecars select it. Opaque bytes to the
 * mesh: requests carry the token of the pod's account.
 */
export function podIdentityEntry({ catalogue }: Platform): ServiceEntryManifest[] {
    if (podIdentityClients(catalogue).length === 0) return [];
    const [address = ""] = POD_IDENTITY.cidr.split("/");
    return [
        {
            apiVersion: "networking.istio.io/v1",
            kind: "ServiceEntry",
            metadata: {
                name: "eks-pod-identity",
                namespace: NAMESPACES.services,
                labels: { ...COMMON_LABELS },
            },
            spec: {
                hosts: [POD_IDENTITY_HOST],
                addresses: [address],
                exportTo: ["."],
                location: "MESH_EXTERNAL",
                resolution: "STATIC",
                ports: [{ number: POD_IDENTITY.port, name: "tcp-credentials", protocol: "TCP" }],
                endpoints: [{ address }],
            },
        },
    ];
}

/** The protocol that the mesh sees: plain requests, TLS with SNI, or bytes. */
function protocolOf(reached: ReachableHost): "HTTP" | "TLS" | "TCP" {
    if (originatesTls(reached)) return "HTTP";
    return reached.host.protocol === "tcp" ? "TCP" : "TLS";
}
