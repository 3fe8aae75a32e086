/** Calls and exposures list only operations that the port offers. */

import type { Catalogue } from "../model";
import { covers } from "../requests";
import type { PortUse } from "./port-uses";
import { describeOffer, offeredBy, operationsOf, portUses } from "./port-uses";
import type { Problem } from "./problem";
import { didYouMean, repeated } from "./problem";

/** Requests and methods that the port does not offer, or that a call or an exposure lists twice. */
export function checkOffers(catalogue: Catalogue): Problem[] {
    return portUses(catalogue).flatMap((use) => [...notOffered(use), ...repeatedOperations(use)]);
}

function notOffered(use: PortUse): Problem[] {
    const { caller, callee, where, portName, port } = use;
    const offered = offeredBy(port);
    return operationsOf(use)
        .filter((operation) => !isOffered(operation, use))
        .map((operation) => ({
            rule: "not-offered",
            where,
            message: `${caller} lists ${operation}, which the port ${portName} of ${callee} does not offer`,
            remedy: didYouMean(operation, offered, describeOffer(use)),
        }));
}

/** By name, or as one of the requests that an offered pattern matches. */
function isOffered(operation: string, { port }: PortUse): boolean {
    if (port.protocol !== "http") return offeredBy(port).includes(operation);
    return port.requests.some(
        (request) => request === operation || covers(request, operation as typeof request),
    );
}

function repeatedOperations(use: PortUse): Problem[] {
    return repeated(operationsOf(use)).map((operation) => ({
        rule: "repeated-operation",
        where: use.where,
        message: `${use.caller} lists ${operation} of ${use.callee} twice`,
        remedy: "Remove the duplicate.",
    }));
}
