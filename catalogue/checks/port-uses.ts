/** Uses of ports: calls and exposures. */

import type { OperationSet, Catalogue, Port, Protocol } from "../model";
import { unknownCase } from "../never";
import { list } from "./problem";
import { callSites, exposureSites } from "./sites";

/** A call or an exposure that refers to an existing port. */
export interface PortUse {
    /** `api-gateway`, or `the host api` */
    readonly caller: string;
    readonly callee: string;
    readonly where: string;
    readonly operations: OperationSet;
    readonly portName: string;
    readonly port: Port;
}

/** All calls, then all exposures, that refer to an existing port. */
export function portUses(catalogue: Catalogue): PortUse[] {
    return [
        ...callSites(catalogue).flatMap(({ caller, call, port, where }) =>
            port === undefined
                ? []
                : [{ caller, callee: call.to, where, operations: call, portName: call.port, port }],
        ),
        ...exposureSites(catalogue).flatMap(({ name, exposure, port, where }) =>
            port === undefined
                ? []
                : [
                      {
                          caller: `the host ${exposure.host}`,
                          callee: name,
                          where,
                          operations: exposure,
                          portName: exposure.port,
                          port,
                      },
                  ],
        ),
    ];
}

/** The field that lists a protocol's operations; undefined if the mesh cannot distinguish operations. */
export const OPERATION_FIELD = {
    http: "requests",
    grpc: "methods",
    ws: undefined,
    tcp: undefined,
} as const satisfies Readonly<Record<Protocol, keyof OperationSet | undefined>>;

/** The requests or methods that a call or an exposure lists. */
export function operationsOf({ operations, port }: PortUse): readonly string[] {
    const field = OPERATION_FIELD[port.protocol];
    return field === undefined ? [] : (operations[field] ?? []);
}

/** The requests or methods that a port offers. */
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
export function describeOffer({ callee, port }: PortUse): string {
    return `${callee} offers ${list(offeredBy(port))}.`;
}
