/** What one would change in the catalogue to allow what is denied. */
import type { Asked, Call, Catalogue, Duration, Exposure, Port, Request } from "../../../catalogue/model";
import { ENTRY_GATEWAYS, NAMESPACES } from "../../../components/base/names";
import { cataloguePort } from "../ask/offered";
import type { Asking } from "../ask/ask";
import type { Question } from "../evaluate/evaluate";
import { type Change, change, edit, text } from "./edit";
import { outsideChange } from "./outside-change";

/** The change that makes the catalogue declare `asking`; a sentence where no change of the catalogue can. */
export function changeFor(catalogue: Catalogue, { question, request }: Asking): Change | string {
    const { source, target } = question;
    if (source.kind === "workload" && source.workload.gateway !== true) {
        const { name, namespace, meshed } = source.workload;
        if (!meshed)
            return "Nothing: whoever has no sidecar has no identity. Give it one, and make it a service of the catalogue.";
        if (namespace !== NAMESPACES.services || !Object.hasOwn(catalogue.services, name))
            return `Nothing yet: only services of the catalogue call others. Make ${name} one (an entry in catalogue/services/).`;
    }
    const caller = source.kind === "workload" ? source.workload.name : "";
    if (target.kind === "outside") return outsideChange(catalogue, caller, target.outside);
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
    const own = cataloguePort(catalogue, callee, port);
    if (own === undefined)
        return `Nothing: ${name} has no port ${port.number} that the catalogue knows; that of health is open to Prometheus alone.`;
    const portName =
        Object.entries(catalogue.services[name]?.ports ?? {}).find(
            ([, { number }]) => number === port.number,
        )?.[0] ?? "";
    const asked = askedOf(own, question, request);
    if (typeof asked === "string") return asked;
    const offer = offerOf(name, portName, own, asked);
    const offering =
        offer === undefined
            ? catalogue
            : edit(catalogue, name, (service) => ({
                  ...service,
                  ports: { ...service.ports, [portName]: offer.port },
              }));
    const parts = offer === undefined ? [] : [offer.part];
    if (source.kind === "entry" || source.workload.gateway === true) {
        const gateway = source.kind === "entry" ? source.gateway.workload.name : source.workload.name;
        return entryChange(catalogue, offering, parts, { gateway, name, portName, port: own, asked });
    }
    return callChange(catalogue, offering, parts, caller, {
        to: name,
        port: portName,
        ...asked,
        timeout: "2s",
        idempotent: isIdempotent(question),
    });
}

/** What a call may wait, the usual first. Which of them fits depends on who waits for the caller, and for whom the callee. */
const TIMEOUTS: readonly Duration[] = ["2s", "1s", "3s", "500ms", "5s", "200ms", "10s", "100ms"];

/** The call with a timeout and retries to which the checks have nothing to say, if there are such. */
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
    if (first === undefined) throw new Error("there is no timeout to try");
    return first;
}

function entryChange(
    before: Catalogue,
    offering: Catalogue,
    parts: Change["parts"],
    {
        gateway,
        name,
        portName,
        port,
        asked,
    }: { gateway: string; name: string; portName: string; port: Port; asked: Asked },
): Change | string {
    const key = (Object.keys(ENTRY_GATEWAYS) as (keyof typeof ENTRY_GATEWAYS)[]).find(
        (one) => ENTRY_GATEWAYS[one] === gateway,
    );
    if (key === undefined) return `Nothing: nobody enters by ${gateway}.`;
    const known = before.services[name]?.exposures?.find(
        (one) => one.gateway === key && one.port === portName,
    );
    if (known !== undefined) {
        const wider = {
            ...known,
            ...(asked.requests ? { requests: [...(known.requests ?? []), ...asked.requests] } : {}),
            ...(asked.methods ? { methods: [...(known.methods ?? []), ...asked.methods] } : {}),
        };
        const edited = edit(offering, name, (service) => ({
            ...service,
            exposures: service.exposures?.map((one) => (one === known ? wider : one)) ?? [],
        }));
        return change(before, edited, [
            ...parts,
            {
                where: `services.${name}.exposures, host ${known.host}`,
                snippet: more(asked),
            },
        ]);
    }
    const exposure: Exposure = {
        gateway: key,
        host: `${name}-${portName}`,
        port: portName,
        ...asked,
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

/** The request in the catalogue's words; a sentence where the port's protocol cannot carry it. */
function askedOf(port: Port, { http }: Question, request: string): Asked | string {
    switch (port.protocol) {
        case "http":
            return { requests: [request as Request] };
        case "grpc": {
            const [, service, method] = /^\/(.+)\/(\w+)$/.exec(http?.path ?? "") ?? [];
            return service === port.service && http?.method === "POST" && method !== undefined
                ? { methods: [method] }
                : `Nothing: the port is gRPC, of ${port.service}; ask a method of it with --path /${port.service}/<Method>.`;
        }
        case "ws":
            return http?.path === port.path && http.method === "GET"
                ? {}
                : `Nothing: the port takes WebSockets at ${port.path} and nothing else.`;
        case "tcp":
            return {};
    }
}

/** What the callee would have to offer first. */
function offerOf(name: string, portName: string, port: Port, { requests = [], methods = [] }: Asked) {
    const where = `services.${name}.ports.${portName}`;
    if (port.protocol === "http" && requests.some((one) => !port.requests.includes(one))) {
        return {
            port: { ...port, requests: [...port.requests, ...requests] },
            part: { where, snippet: more({ requests }) },
        };
    }
    if (port.protocol === "grpc" && methods.some((one) => !port.methods.includes(one))) {
        return {
            port: { ...port, methods: [...port.methods, ...methods] },
            part: { where, snippet: more({ methods }) },
        };
    }
    return undefined;
}

function isIdempotent({ http }: Question): boolean {
    return http !== undefined && ["GET", "HEAD", "PUT", "DELETE"].includes(http.method);
}

/** What is to be added to lists that are there. */
function more(asked: Asked): string {
    return Object.entries(asked)
        .map(([field, values]) => `${field}: [..., ${(values as string[]).map(text).join(", ")}]`)
        .join(", ");
}
