/** Calls and exposures list operations in the form of the port's protocol. */

import type { OperationSet, Catalogue, Protocol } from "../model";
import type { PortUse } from "./port-uses";
import { OPERATION_FIELD, describeOffer, operationsOf, portUses } from "./port-uses";
import type { Problem } from "./problem";
import { exposureSites } from "./sites";
import type { ExposureSite } from "./sites";

const PORT_KIND: Readonly<Record<Protocol, string>> = {
    http: "an HTTP port",
    grpc: "a gRPC port",
    ws: "a WebSocket port",
    tcp: "a TCP port",
};

/** HTTP requests on a port that is not HTTP, methods on a port that is not gRPC, missing operations. */
export function checkProtocols(catalogue: Catalogue): Problem[] {
    return [
        ...portUses(catalogue).flatMap((use) => {
            const wrong = wrongFields(use).map((field) => wrongProtocol(use, field));
            // A wrong field implies missing operations: report one problem for one mistake.
            return wrong.length > 0 ? wrong : noOperations(use);
        }),
        ...exposureSites(catalogue).flatMap(unreadableToken),
    ];
}

function wrongFields({ operations, port }: PortUse): (keyof OperationSet)[] {
    const fields: (keyof OperationSet)[] = ["requests", "methods"];
    return fields.filter(
        (field) => field !== OPERATION_FIELD[port.protocol] && operations[field] !== undefined,
    );
}

function wrongProtocol(
    { caller, callee, where, portName, port }: PortUse,
    field: keyof OperationSet,
): Problem {
    const rightField = OPERATION_FIELD[port.protocol];
    return {
        rule: "wrong-protocol",
        where,
        message: `${caller} lists ${field} of ${callee}, but its port ${portName} is ${PORT_KIND[port.protocol]}`,
        remedy:
            rightField === undefined
                ? `Remove the ${field}: the mesh allows or denies such a port as a whole.`
                : `List ${rightField} instead of ${field}, or use another port.`,
    };
}

function noOperations(use: PortUse): Problem[] {
    const { caller, callee, where, portName, port } = use;
    const field = OPERATION_FIELD[port.protocol];
    if (field === undefined || operationsOf(use).length > 0) return [];
    return [
        {
            rule: "no-operations",
            where,
            message: `${caller} lists no ${field} on the port ${portName} of ${callee}, which would allow all of them`,
            remedy: `List the ${field} that it needs. ${describeOffer(use)}`,
        },
    ];
}

/** A gateway cannot read a token on a TCP port: it would allow every client. */
function unreadableToken({ name, exposure, port, where }: ExposureSite): Problem[] {
    if (port?.protocol !== "tcp" || exposure.authentication !== "jwt") return [];
    return [
        {
            rule: "wrong-protocol",
            where,
            message: `the host ${exposure.host} requires a JWT, but the port ${exposure.port} of ${name} is a TCP port`,
            remedy: 'Set authentication: "device", or expose an HTTP, gRPC or WebSocket port.',
        },
    ];
}
