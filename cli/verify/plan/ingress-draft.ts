/** The common parts of ingress checks. */
import type { ExposureEdge } from "../../../catalogue/query";
import { INGRESS_GATEWAYS, GATEWAY_PORTS, NAMESPACES, exposedHost } from "../../../components/base/names";
import { certificateOf } from "../../../components/shared/tls/client-authorities";
import type { Platform } from "../../../components/base/platform";
import type { Check, IngressTarget, Token } from "../model";
import { OUTSIDE_MESH, spiffe } from "./endpoints";

/** A check without its ID. */
export type Draft = Omit<Check, "id"> & Required<Pick<Check, "ingress">>;

/** A check of an exposed host with `token`, without the request and the expectation. */
export function draft(
    { service, exposure, portName, port }: ExposureEdge,
    { config }: Platform,
    token?: Token,
): Omit<Draft, "request" | "expected"> {
    const gateway = INGRESS_GATEWAYS[exposure.gateway];
    const ingress: IngressTarget = {
        gateway,
        host: exposedHost(config, exposure.host),
        port: exposure.listen ?? GATEWAY_PORTS.https,
        certificate: certificateOf({ exposure }),
        ...(exposure.clientCertificate === undefined
            ? {}
            : { clientCertificate: { authority: exposure.clientCertificate.authority } }),
        ...(token === undefined ? {} : { token }),
    };
    return {
        layer: "ingress",
        source: OUTSIDE_MESH,
        destination: { name: service, namespace: NAMESPACES.services, portName, port, mtls: "STRICT" },
        ingress,
        reason: `${service} is exposed as ${exposure.host} at the ${exposure.gateway} gateway`,
    };
}

/** The caller that a service sees for a request through a gateway. */
export function gatewayCaller({ exposure }: ExposureEdge, platform: Platform): string {
    const account = INGRESS_GATEWAYS[exposure.gateway];
    return spiffe(platform, { namespace: NAMESPACES.ingress, account });
}
