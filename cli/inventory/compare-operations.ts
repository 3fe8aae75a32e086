/** Compares the requests and methods of a call with the permissions of a registry. */
import type { Call, Catalogue, Port, Request } from "../../catalogue/model";
import { getOwn } from "../../catalogue/order";
import { grpcPath } from "../../catalogue/query";
import { covers } from "../../catalogue/requests";
import { unknownCase } from "../../catalogue/never";
import type { Difference } from "./model";

interface Operation {
    /** `GET /v1/users`, `acme.pay.v1.Pay/Charge` */
    readonly name: string;
    readonly request: Request;
}

/**
 * @param caller a service of both catalogues
 * @param to a service that it can call in the draft, limited by permissions
 */
export function compareOperations(
    caller: string,
    to: string,
    given: Catalogue,
    draft: Catalogue,
): Difference[] {
    const calls = callsTo(given, caller, to);
    const listed = onRegisteredPort(calls, given, draft, to);
    const allowed = callsTo(draft, caller, to).flatMap(operationsOf);
    // Other comparisons report a call that is not listed at all, and a port that is TCP in the catalogue only.
    if (calls.length === 0 || listed.some(({ port }) => port.protocol === "tcp")) return [];
    const operations = listed.flatMap(operationsOf);
    const where = `services.${caller}.calls → ${to}`;
    const missing = notCovered(allowed, operations);
    const unused = notCovered(operations, allowed);
    return [
        ...(missing.length > 0
            ? [
                  {
                      kind: "missing" as const,
                      where,
                      detail: `Consul allows ${missing.join(", ")}, the catalogue does not list it.`,
                  },
              ]
            : []),
        ...(unused.length > 0
            ? [
                  {
                      kind: "unused" as const,
                      where,
                      detail: `No permission that the draft can express allows ${unused.join(", ")}.`,
                  },
              ]
            : []),
    ];
}

interface PortCall {
    readonly call: Call;
    readonly port: Port;
}

function callsTo({ services }: Catalogue, caller: string, to: string): PortCall[] {
    const ports = getOwn(services, to)?.ports ?? {};
    return (getOwn(services, caller)?.calls ?? []).flatMap((call) => {
        const port = getOwn(ports, call.port);
        return call.to === to && port !== undefined ? [{ call, port }] : [];
    });
}

/** The calls to the port with the number that is registered; all if the catalogue has no such port. */
function onRegisteredPort(
    calls: readonly PortCall[],
    given: Catalogue,
    draft: Catalogue,
    to: string,
): readonly PortCall[] {
    const portsOf = ({ services }: Catalogue): Port[] => Object.values(getOwn(services, to)?.ports ?? {});
    const registered = new Set(portsOf(draft).map(({ number }) => number));
    if (!portsOf(given).some(({ number }) => registered.has(number))) return calls;
    return calls.filter(({ port }) => registered.has(port.number));
}

function operationsOf({ call, port }: PortCall): Operation[] {
    switch (port.protocol) {
        case "http":
            return (call.requests ?? []).map((request) => ({ name: request, request }));
        case "grpc":
            return (call.methods ?? []).map((method) => {
                const path = grpcPath(port, method);
                return { name: path.slice(1), request: `POST ${path}` as Request };
            });
        case "ws":
            return [{ name: `GET ${port.path}`, request: `GET ${port.path}` }];
        case "tcp":
            return [];
        default:
            return unknownCase(port);
    }
}

/** The names of the operations that none of the others matches completely. */
function notCovered(operations: readonly Operation[], others: readonly Operation[]): string[] {
    const names = operations
        .filter(({ request }) => !others.some((other) => covers(other.request, request)))
        .map(({ name }) => name);
    return [...new Set(names)].sort();
}
