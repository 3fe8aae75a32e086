/** What all checks at the gateways are made of. */
import type { ExposureEdge } from "../../../catalogue/query";
import {
    ENTRY_GATEWAYS,
    GATEWAY_PORTS,
    NAMESPACES,
    exposedHost,
    principal,
} from "../../../components/base/names";
import { certificateOf } from "../../../components/base/client-authorities";
import type { Platform } from "../../../components/base/platform";
import type { Check, Entry, Token } from "../model";
import { UNMESHED } from "./places";

/** A check before it is numbered. */
export type Draft = Omit<Check, "id"> & Required<Pick<Check, "entry">>;

/** A request to an exposed host, by a client that has `token`; what is asked and expected is left open. */
export function draft(
    { service, exposure, portName, port }: ExposureEdge,
    { config }: Platform,
    token?: Token,
): Omit<Draft, "request" | "expected"> {
    const gateway = ENTRY_GATEWAYS[exposure.gateway];
    const entry: Entry = {
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
        layer: "entry",
        source: UNMESHED,
        destination: { name: service, namespace: NAMESPACES.services, portName, port, mtls: "STRICT" },
        entry,
        because: `${service} is exposed as ${exposure.host} at the ${exposure.gateway} gateway`,
    };
}

/** Whom a service sees as its caller when a request comes through a gateway. */
export function gatewayCaller({ exposure }: ExposureEdge, { config }: Platform): string {
    return `spiffe://${principal(config, NAMESPACES.ingress, ENTRY_GATEWAYS[exposure.gateway])}`;
}
