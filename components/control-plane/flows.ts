import type { MeshConfig } from "../../config/schema";
import { type Flow, tcp } from "../base/flow";
import type { Platform } from "../base/platform";
import {
    ISTIOD,
    ISTIOD_PORTS,
    MESHED_PODS,
    apiServer,
    cniAgent,
    toApiServer,
    toDns,
} from "../shared/flows/parties";

/** The port of identity providers' key sets, to which `edge.issuers[].jwksUri` is restricted. */
const JWKS_PORT = 443;

/** Proxies' configuration and certificates, istiod's webhooks, and what istiod and istio-cni fetch. */
export function controlPlaneFlows({ config }: Platform): Flow[] {
    const cni = cniAgent(config);
    return [
        { from: MESHED_PODS, to: [ISTIOD], ports: tcp(ISTIOD_PORTS.xds) },
        // The API server calls webhooks from outside the pod network, so no selector matches it.
        { from: [apiServer(config)], to: [ISTIOD], ports: tcp(ISTIOD_PORTS.webhooks) },
        toDns(ISTIOD),
        toApiServer(config, ISTIOD),
        { from: [ISTIOD], to: [{ cidrs: jwksCidrs(config) }], ports: tcp(JWKS_PORT) },
        // The node agent queries the API server about each pod whose traffic it redirects: without that no pod starts.
        toDns(cni),
        toApiServer(config, cni),
    ];
}

/** The CIDR blocks from which istiod fetches the issuers' key sets. */
function jwksCidrs({ edge }: MeshConfig): readonly string[] {
    return edge.issuers.some(({ jwksUri }) => jwksUri !== undefined) ? edge.jwksCidrs : [];
}
