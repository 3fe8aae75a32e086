/** The catalogue change that would allow a denied request. */
import type {
    OperationSet,
    Call,
    Catalogue,
    Duration,
    Exposure,
    Port,
    Request,
} from "../../../catalogue/model";
import { INGRESS_GATEWAYS, NAMESPACES } from "../../../components/base/names";
import { cataloguePort } from "../query/port-operations";
import type { LabeledQuery } from "../query/queries";
import type { AccessQuery } from "../../lib/evaluate/evaluate";
import { type Change, change, edit, text } from "./edit";
import { externalChange } from "./external-change";

/** The change that makes the catalogue declare the query, or a sentence if no change can. */
export function changeFor(catalogue: Catalogue, { query, request }: LabeledQuery): Change | string {
    const { source, target } = query;
    if (source.kind === "workload" && source.workload.gateway !== true) {
        const { name, namespace, meshed } = source.workload;
        if (!meshed)
            return "No change helps: a pod without a sidecar has no identity. Inject a sidecar and add the workload to the catalogue.";
        if (namespace !== NAMESPACES.services || !Object.hasOwn(catalogue.services, name))
            return `Add ${name} to the catalogue first (catalogue/services/): only services can be callers.`;
    }
    const caller = source.kind === "workload" ? source.workload.name : "";
    if (target.kind === "external") return externalChange(catalogue, caller, target.external);
    const { callee, port } = target;
    const { name } = callee.workload;
    if (
        callee.namespace === NAMESPACES.stores &&
        Object.hasOwn(catalogue.stores, name) &&
        source.kind === "workload"
    ) {
        const edited = edit(catalogue, caller, (service) => ({
            ...service,
            stores: [...(service.stores ?? []), name],
        }));
        return change(catalogue, edited, [
            { where: `services.${caller}`, snippet: `stores: [..., ${text(name)}]` },
        ]);
    }
    const catalogued = cataloguePort(catalogue, callee, port);
    if (catalogued === undefined)
        return `No change helps: the catalogue lists no port ${port.number} for ${name}. Only Prometheus may call the health port.`;
    const portName =
        Object.entries(catalogue.services[name]?.ports ?? {}).find(
            ([, { number }]) => number === port.number,
        )?.[0] ?? "";
    if (caller === name) {
        if (catalogued.protocol !== "tcp")
            return `No change helps: the replicas of ${name} can call each other on TCP ports only. Declare one, and list it in peers.`;
        const edited = edit(catalogue, name, (service) => ({
            ...service,
            peers: [...(service.peers ?? []), portName],
        }));
        return change(catalogue, edited, [
            { where: `services.${name}`, snippet: `peers: [..., ${text(portName)}]` },
        ]);
    }
    const operations = operationsOf(catalogued, query, request);
    if (typeof operations === "string") return operations;
    const offer = offerOf(name, portName, catalogued, operations);
    const offering =
        offer === undefined
            ? catalogue
            : edit(catalogue, name, (service) => ({
                  ...service,
                  ports: { ...service.ports, [portName]: offer.port },
              }));
    const parts = offer === undefined ? [] : [offer.part];
    if (source.kind === "ingress" || source.workload.gateway === true) {
        const gateway = source.kind === "ingress" ? source.gateway.workload.name : source.workload.name;
        return exposureChange(catalogue, offering, parts, {
            gateway,
            name,
            portName,
            port: catalogued,
            operations,
        });
    }
    return callChange(catalogue, offering, parts, caller, {
        to: name,
        port: portName,
        ...operations,
        timeout: "2s",
        idempotent: isIdempotent(query),
    });
}

/**
 * Candidate timeouts, the usual one first. Which one passes the checks depends on the timeouts of callers and callees.
 */
const TIMEOUTS: readonly Duration[] = ["2s", "1s", "3s", "500ms", "5s", "200ms", "10s", "100ms"];

/** The call with the first timeout and retries that pass all checks, or with the first candidate if none does. */
function callChange(
    before: Catalogue,
    offering: Catalogue,
    parts: Change["parts"],
    caller: string,
    call: Call,
): Change {
    const candidates = TIMEOUTS.flatMap((timeout): Call[] => [
        { ...call, timeout },
        ...(call.idempotent ? [{ ...call, timeout, retries: 0 }] : []),
    ]);
    const changes = candidates.map((candidate) => () => {
        const edited = edit(offering, caller, (service) => ({
            ...service,
            calls: [...(service.calls ?? []), candidate],
        }));
        const part = { where: `services.${caller}.calls`, snippet: text(candidate) };
        return change(before, edited, [...parts, part]);
    });
    let first: Change | undefined;
    for (const make of changes) {
        const made = make();
        if (made.problems.length === 0) return made;
        first ??= made;
    }
    if (first === undefined) throw new Error("no candidate timeouts");
    return first;
}

function exposureChange(
    before: Catalogue,
    offering: Catalogue,
    parts: Change["parts"],
    {
        gateway,
        name,
        portName,
        port,
        operations,
    }: { gateway: string; name: string; portName: string; port: Port; operations: OperationSet },
): Change | string {
    const key = (Object.keys(INGRESS_GATEWAYS) as (keyof typeof INGRESS_GATEWAYS)[]).find(
        (one) => INGRESS_GATEWAYS[one] === gateway,
    );
    if (key === undefined) return `No change helps: ${gateway} is not an ingress gateway.`;
    const known = before.services[name]?.exposures?.find(
        (one) => one.gateway === key && one.port === portName,
    );
    if (known !== undefined) {
        const wider = {
            ...known,
            ...(operations.requests ? { requests: [...(known.requests ?? []), ...operations.requests] } : {}),
            ...(operations.methods ? { methods: [...(known.methods ?? []), ...operations.methods] } : {}),
        };
        const edited = edit(offering, name, (service) => ({
            ...service,
            exposures: service.exposures?.map((one) => (one === known ? wider : one)) ?? [],
        }));
        return change(before, edited, [
            ...parts,
            {
                where: `services.${name}.exposures, host ${known.host}`,
                snippet: appended(operations),
            },
        ]);
    }
    const exposure: Exposure = {
        gateway: key,
        host: `${name}-${portName}`,
        port: portName,
        ...operations,
        authentication: port.protocol === "tcp" ? "device" : "jwt",
        timeout: port.protocol === "http" || port.protocol === "grpc" ? "10s" : "stream",
        ...(port.protocol === "tcp" ? { listen: 8000 + (port.number % 1000) } : {}),
    };
    const edited = edit(offering, name, (service) => ({
        ...service,
        exposures: [...(service.exposures ?? []), exposure],
    }));
    return change(before, edited, [
        ...parts,
        { where: `services.${name}.exposures`, snippet: text(exposure) },
    ]);
}

/** The request as catalogue operations, or a sentence if the port's protocol cannot carry it. */
function operationsOf(port: Port, { http }: AccessQuery, request: string): OperationSet | string {
    switch (port.protocol) {
        case "http":
            return { requests: [request as Request] };
        case "grpc": {
            const [, service, name] = /^\/(.+)\/(\w+)$/.exec(http?.path ?? "") ?? [];
            // Of another service, only what the port offers: it does not have every service that a request can name.
            const method =
                service === port.service ? name : port.methods.find((one) => one === `${service}/${name}`);
            return http?.method === "POST" && method !== undefined
                ? { methods: [method] }
                : `No change helps: the port is gRPC (${port.service}). Pass --path /${port.service}/<Method>.`;
        }
        case "ws":
            return http?.path === port.path && http.method === "GET"
                ? {}
                : `No change helps: the port accepts only WebSocket requests to ${port.path}.`;
        case "tcp":
            return {};
    }
}

/** The operations that the callee has to list first, if any. */
function offerOf(name: string, portName: string, port: Port, { requests = [], methods = [] }: OperationSet) {
    const where = `services.${name}.ports.${portName}`;
    if (port.protocol === "http" && requests.some((one) => !port.requests.includes(one))) {
        return {
            port: { ...port, requests: [...port.requests, ...requests] },
            part: { where, snippet: appended({ requests }) },
        };
    }
    if (port.protocol === "grpc" && methods.some((one) => !port.methods.includes(one))) {
        return {
            port: { ...port, methods: [...port.methods, ...methods] },
            part: { where, snippet: appended({ methods }) },
        };
    }
    return undefined;
}

function isIdempotent({ http }: AccessQuery): boolean {
    return http !== undefined && ["GET", "HEAD", "PUT", "DELETE"].includes(http.method);
}

/** Additions to existing lists, as a snippet. */
function appended(operations: OperationSet): string {
    return Object.entries(operations)
        .map(([field, values]) => `${field}: [..., ${(values as string[]).map(text).join(", ")}]`)
        .join(", ");
}
