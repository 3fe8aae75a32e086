import type { ReachedHost } from "../../catalogue/query";
import { POD_IDENTITY } from "../base/aws-clients";
import { COMMON_LABELS } from "../base/labels";
import type { ServiceEntryManifest } from "../base/manifest";
import { NAMESPACES } from "../base/names";
import type { Platform } from "../base/platform";
import { POD_IDENTITY_HOST, podIdentityClients } from "../base/pod-identity";
import { type OutsideHost, askedPort, isOriginated, metadataOf } from "./host";

/**
 * Makes a host outside exist for the mesh, under its literal name, in no namespaces but the callers' and the gateway's;
 * which of the services there see it, their Sidecars say. Istio gives it an address of its own, which sidecars'
 * DNS answers with, so that TCP ports of different hosts are told apart.
 */
export function serviceEntry({ name, ports }: OutsideHost): ServiceEntryManifest {
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
                const number = askedPort(reached);
                const protocol = protocolOf(reached);
                return {
                    number,
                    name: `${protocol.toLowerCase()}-${number}`,
                    protocol,
                    ...(isOriginated(reached) ? { targetPort: reached.host.port } : {}),
                };
            }),
        },
    };
}

/**
 * The node's Pod Identity agent, where services use it. It is on the node and not outside, so that it does not pass the
 * egress gateway: the agent knows a pod by the address from which it calls. Which services see it, their Sidecars say.
 * Bytes to the mesh: what they carry is the token of the pod's account.
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

/** What the mesh sees of it: plain requests, a name in a TLS greeting, or bytes. */
function protocolOf(reached: ReachedHost): "HTTP" | "TLS" | "TCP" {
    if (isOriginated(reached)) return "HTTP";
    return reached.host.protocol === "tcp" ? "TCP" : "TLS";
}
