/** Whatever asks something of a port: calls and exposures alike. */

import type { Asked, Catalogue, Port, Protocol } from "../model";
import { unknownCase } from "../never";
import { list } from "./problem";
import { callSites, exposureSites } from "./sites";

/** A call or an exposure, on a port that exists. */
export interface Asking {
    /** `api-gateway`, or `the host api` */
    readonly who: string;
    readonly whom: string;
    readonly where: string;
    readonly asked: Asked;
    readonly portName: string;
    readonly port: Port;
}

/** All calls, then all exposures, that lead to a port. */
export function asking(catalogue: Catalogue): Asking[] {
    return [
        ...callSites(catalogue).flatMap(({ caller, call, port, where }) =>
            port === undefined
                ? []
                : [{ who: caller, whom: call.to, where, asked: call, portName: call.port, port }],
        ),
        ...exposureSites(catalogue).flatMap(({ name, exposure, port, where }) =>
            port === undefined
                ? []
                : [
                      {
                          who: `the host ${exposure.host}`,
                          whom: name,
                          where,
                          asked: exposure,
                          portName: exposure.port,
                          port,
                      },
                  ],
        ),
    ];
}

/** The field by which each protocol is asked; none where the mesh does not see what is asked. */
export const FIELD = {
    http: "requests",
    grpc: "methods",
    ws: undefined,
    tcp: undefined,
} as const satisfies Readonly<Record<Protocol, keyof Asked | undefined>>;

/** What is asked for, in the port's own terms. */
export function askedOf({ asked, port }: Asking): readonly string[] {
    const field = FIELD[port.protocol];
    return field === undefined ? [] : (asked[field] ?? []);
}

/** What may be asked for, in the port's own terms. */
export function offeredBy(port: Port): readonly string[] {
    switch (port.protocol) {
        case "http":
            return port.requests;
        case "grpc":
            return port.methods;
        case "ws":
        case "tcp":
            return [];
        default:
            return unknownCase(port);
    }
}

/** `alerts offers Raise, List and Subscribe.` */
export function offers({ whom, port }: Asking): string {
    return `${whom} offers ${list(offeredBy(port))}.`;
}
