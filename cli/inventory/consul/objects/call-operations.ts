/** The calls of one service to another: which requests or methods, with which timeout and retries. */
import type { GrpcPort, HttpPort, Request } from "../../../../catalogue/model";
import { groupBy } from "../../../../catalogue/order";
import { grpcPath } from "../../../../catalogue/query";
import { ANY_REQUEST, type DraftCall, durationOf } from "../../draft";
import { catalogueName, type Context } from "../context";
import { methodName } from "./intention-requests";
import type { Intention } from "./intentions";
import { isIdempotent, treatmentOf } from "./router";

interface Operation {
    /** As the catalogue names it. */
    readonly name: string;
    /** As Consul's routes match it. */
    readonly request: Request;
}

/** The calls to a service, one for each timeout and number of retries; none if no permission can be expressed. */
export function callsTo(
    context: Context,
    destination: string,
    intention: Intention | undefined,
): { call: Omit<DraftCall, "items">; route: number | undefined }[] {
    const callee = catalogueName(destination);
    const [port] = Object.entries(context.draft.services.get(callee)?.ports ?? {});
    if (port === undefined) return [];
    const [name, definition] = port;
    const isLimited = (intention?.permissions.length ?? 0) > 0;
    const base = { to: callee, port: name, isLimited };
    if (definition.protocol !== "http" && definition.protocol !== "grpc")
        return isLimited
            ? []
            : [{ call: { ...base, timeout: "stream", idempotent: false }, route: undefined }];
    const treated = operationsOf(definition, intention).map((operation) => {
        const treatment = treatmentOf(context, destination, operation.request);
        const isRetried = treatment.retries > 0 && isIdempotent([operation.request]);
        return { ...operation, ...treatment, isRetried };
    });
    const groups = groupBy(treated, ({ timeoutMs, retries, route, isRetried }) =>
        JSON.stringify([timeoutMs, isRetried ? retries : 0, route]),
    );
    return [...groups.values()].map((group) => {
        const [{ timeoutMs, retries, retryOn, route, isRetried }] = group;
        const names = group.map((one) => one.name).sort();
        return {
            call: {
                ...base,
                ...(definition.protocol === "http" ? { requests: names as Request[] } : { methods: names }),
                timeout: durationOf(timeoutMs),
                idempotent: isRetried,
                ...(isRetried ? { retries } : {}),
                ...(isRetried && retryOn.length > 0 ? { retryOn } : {}),
            },
            route,
        };
    });
}

/** What the intention's permissions allow, or what the port offers. */
function operationsOf(port: HttpPort | GrpcPort, intention: Intention | undefined): Operation[] {
    const permissions = intention?.permissions ?? [];
    if (port.protocol === "http") {
        const allowed =
            permissions.length > 0 ? permissions.flatMap(({ requests }) => requests) : ANY_REQUEST;
        return [...new Set(allowed)].map((request) => ({ name: request, request }));
    }
    const listed = permissions.flatMap(({ method }) =>
        method === undefined ? [] : methodName(method, port.service),
    );
    const names = permissions.length > 0 ? [...new Set(listed)].sort() : port.methods;
    return names.map((name) => ({ name, request: `POST ${grpcPath(port, name)}` as Request }));
}
