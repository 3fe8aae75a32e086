/** Client certificates: conflicts with CORS, repeated names. */

import type { Catalogue } from "../model";
import type { Problem } from "./problem";
import { type ExposureSite, exposureSites } from "./sites";

export function checkClientCertificates(catalogue: Catalogue): Problem[] {
    return exposureSites(catalogue).flatMap((site) => [...corsConflict(site), ...repeatedNames(site)]);
}

/** Fetch, section 3.3.5: a CORS preflight is made without credentials, client certificates included. */
function corsConflict({ exposure: { host, cors, clientCertificate }, where }: ExposureSite): Problem[] {
    if (clientCertificate === undefined || cors === undefined || cors === false) return [];
    return [
        {
            rule: "client-certificate",
            where,
            message: `the host ${host} requires a client certificate and allows CORS, but browsers send preflights without client certificates`,
            remedy: "Remove cors, or expose the requests of pages at another host without clientCertificate.",
        },
    ];
}

function repeatedNames({ exposure: { host, clientCertificate }, where }: ExposureSite): Problem[] {
    const { subjectAltNames = [] } = clientCertificate ?? {};
    return subjectAltNames
        .filter((san, index) => subjectAltNames.indexOf(san) !== index)
        .map((san) => ({
            rule: "client-certificate",
            where,
            message: `the host ${host} lists the name ${san} twice in clientCertificate.subjectAltNames`,
            remedy: "Remove the duplicate.",
        }));
}
