/** Client certificates that clients could not present, or that would prove nothing. */

import type { Catalogue } from "../model";
import type { Problem } from "./problem";
import { type ExposureSite, exposureSites } from "./sites";

export function checkClientCertificates(catalogue: Catalogue): Problem[] {
    return exposureSites(catalogue).flatMap((site) => [...preflights(site), ...doubles(site)]);
}

/** Fetch, section 3.3.5: a CORS preflight is made without credentials, client certificates included. */
function preflights({ exposure: { host, cors, clientCertificate }, where }: ExposureSite): Problem[] {
    if (clientCertificate === undefined || cors === undefined || cors === false) return [];
    return [
        {
            rule: "client-certificate",
            where,
            message: `the host ${host} requires a client certificate and is open to pages of other origins, whose preflights have none`,
            remedy: "Remove cors, or expose the requests of pages under a host without clientCertificate.",
        },
    ];
}

function doubles({ exposure: { host, clientCertificate }, where }: ExposureSite): Problem[] {
    const { sans = [] } = clientCertificate ?? {};
    return sans
        .filter((san, index) => sans.indexOf(san) !== index)
        .map((san) => ({
            rule: "client-certificate",
            where,
            message: `the host ${host} lists the name ${san} twice in clientCertificate.sans`,
            remedy: "Remove one.",
        }));
}
