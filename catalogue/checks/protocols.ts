/** Each port is asked in the terms of its own protocol. */

import type { Asked, Catalogue, Protocol } from "../model";
import type { Asking } from "./asking";
import { FIELD, askedOf, asking, offers } from "./asking";
import type { Problem } from "./problem";
import { exposureSites } from "./sites";
import type { ExposureSite } from "./sites";

const CALLED: Readonly<Record<Protocol, string>> = {
    http: "an HTTP port",
    grpc: "a gRPC port",
    ws: "a WebSocket port",
    tcp: "a TCP port",
};

/** HTTP requests asked of other than HTTP ports, methods of other than gRPC ones, nothing where something must be. */
export function checkProtocols(catalogue: Catalogue): Problem[] {
    return [
        ...asking(catalogue).flatMap((site) => {
            const wrong = wrongFields(site).map((field) => wrongProtocol(site, field));
            // Who asks in the wrong terms does not ask for nothing: one mistake, one problem.
            return wrong.length > 0 ? wrong : nothingAsked(site);
        }),
        ...exposureSites(catalogue).flatMap(unreadableToken),
    ];
}

function wrongFields({ asked, port }: Asking): (keyof Asked)[] {
    const fields: (keyof Asked)[] = ["requests", "methods"];
    return fields.filter((field) => field !== FIELD[port.protocol] && asked[field] !== undefined);
}

function wrongProtocol({ who, whom, where, portName, port }: Asking, field: keyof Asked): Problem {
    const right = FIELD[port.protocol];
    return {
        rule: "wrong-protocol",
        where,
        message: `${who} asks ${whom} for ${field}, but its port ${portName} is ${CALLED[port.protocol]}`,
        remedy:
            right === undefined
                ? `Remove the ${field}: such a port is open to a caller as a whole, or not at all.`
                : `List ${right} instead of ${field}, or name another port.`,
    };
}

function nothingAsked(site: Asking): Problem[] {
    const { who, whom, where, portName, port } = site;
    const field = FIELD[port.protocol];
    if (field === undefined || askedOf(site).length > 0) return [];
    return [
        {
            rule: "asks-nothing",
            where,
            message: `${who} lists no ${field} on the port ${portName} of ${whom}, which would open all of it`,
            remedy: `List the ${field} that it needs. ${offers(site)}`,
        },
    ];
}

/** A gateway cannot read a token where it cannot read the request: it would let everyone through. */
function unreadableToken({ name, exposure, port, where }: ExposureSite): Problem[] {
    if (port?.protocol !== "tcp" || exposure.authentication !== "jwt") return [];
    return [
        {
            rule: "wrong-protocol",
            where,
            message: `the host ${exposure.host} asks for a JWT, but the port ${exposure.port} of ${name} is a TCP port`,
            remedy: "Have devices authenticate by certificate (device), or expose a port on which there are requests.",
        },
    ];
}
