import type { ReachedHost } from "../../catalogue/query";
import type { ServiceEntryManifest } from "../base/manifest";
import { NAMESPACES } from "../base/names";
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

/** What the mesh sees of it: plain requests, a name in a TLS greeting, or bytes. */
function protocolOf(reached: ReachedHost): "HTTP" | "TLS" | "TCP" {
    if (isOriginated(reached)) return "HTTP";
    return reached.host.protocol === "tcp" ? "TCP" : "TLS";
}
