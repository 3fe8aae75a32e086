/** `service-router`: timeouts and retries by request, and other targets. */
import type { Request } from "../../../../catalogue/model";
import { covers, isPath } from "../../../../catalogue/requests";
import type { ObjectFields } from "../../fields";
import { ANY_REQUEST, COMMON_METHODS } from "../../draft";
import { catalogueName, type Context, DEFAULT_REQUEST_TIMEOUT_MS } from "../context";
import { durationAt, listAt, numberAt, textAt, textsAt, valueAt } from "../data";
import { headers } from "./resolver";
import { describeRetries, retriesOf, type RetryCondition } from "./retries";

/** How Consul treats a request to a service. */
export interface Treatment {
    readonly timeoutMs: number;
    readonly retries: number;
    /** Empty: the mesh's default. */
    readonly retryOn: readonly RetryCondition[];
    /** The route that decides; undefined without one. */
    readonly route: number | undefined;
}

/** A call of the draft on whose requests a route decides. */
export interface RoutedCall {
    readonly call: string;
    readonly isRetried: boolean;
}

/** Methods whose repetition is harmless (RFC 9110, section 9.2.2). */
const IDEMPOTENT: ReadonlySet<string> = new Set(["DELETE", "GET", "HEAD", "OPTIONS", "PUT"]);

export function isIdempotent(requests: readonly Request[]): boolean {
    return requests.every((request) => IDEMPOTENT.has(request.split(" ")[0] ?? ""));
}

/** The treatment of requests without a route: the resolver's, or Consul's default. */
function defaultTreatment(context: Context, service: string): Treatment {
    const resolver = context.get("service-resolver", service)?.object.data;
    const local = localTimeout(context, service);
    const timeoutMs = durationAt(resolver, "RequestTimeout") || DEFAULT_REQUEST_TIMEOUT_MS;
    return {
        timeoutMs: local > 0 ? Math.min(local, timeoutMs) : timeoutMs,
        retries: 0,
        retryOn: [],
        route: undefined,
    };
}

/** The timeout that the callee's own proxy applies; 0 if there is none. */
function localTimeout(context: Context, service: string): number {
    const ofService = numberAt(
        context.get("service-defaults", service)?.object.data,
        "LocalRequestTimeoutMs",
    );
    const config = context.get("proxy-defaults", "global")?.object.data["Config"];
    return ofService || numberAt(config, "local_request_timeout_ms");
}

/** The treatment of a request: that of the first route that matches all of it, if no earlier one matches a part. */
export function treatmentOf(context: Context, service: string, request: Request): Treatment {
    const fallback = defaultTreatment(context, service);
    const routes = listAt(context.get("service-router", service)?.object.data, "Routes");
    for (const [index, route] of routes.entries()) {
        const matched = requestsOf(route);
        if (matched === undefined || !leadsToItself(route, service)) continue;
        if (!matched.some((one) => covers(one, request))) continue;
        const destination = valueAt(route, "Destination");
        const local = localTimeout(context, service);
        const timeoutMs = durationAt(destination, "RequestTimeout") || fallback.timeoutMs;
        const { retries, retryOn } = retriesOf(destination);
        return {
            timeoutMs: local > 0 ? Math.min(local, timeoutMs) : timeoutMs,
            retries,
            retryOn,
            route: index,
        };
    }
    return fallback;
}

/** The requests that a route matches; undefined if the catalogue cannot express its match. */
function requestsOf(route: unknown): readonly Request[] | undefined {
    const http = valueAt(route, "Match", "HTTP");
    if (http === undefined || http === null) return ANY_REQUEST;
    if (
        textAt(http, "PathRegex") !== "" ||
        listAt(http, "Header").length > 0 ||
        listAt(http, "QueryParam").length > 0
    )
        return undefined;
    const exact = textAt(http, "PathExact");
    const path = exact === "" ? `${textAt(http, "PathPrefix").replace(/\/$/, "")}/{**}` : exact;
    if (!isPath(path)) return undefined;
    const methods = textsAt(http, "Methods");
    return (methods.length > 0 ? methods : COMMON_METHODS).map((verb) => `${verb} ${path}` as Request);
}

/** Whether a route leads to the service itself, all versions. */
function leadsToItself(route: unknown, service: string): boolean {
    const target = textAt(route, "Destination", "Service");
    return (target === "" || target === service) && textAt(route, "Destination", "ServiceSubset") === "";
}

/** @param used the calls of the draft by the route that decides on their requests */
export function translateRouter(
    router: ObjectFields,
    used: ReadonlyMap<number, readonly RoutedCall[]>,
): void {
    const { name, data } = router.object;
    const target = catalogueName(name);
    router.main(["Kind", "Name", "Meta"], "translated", "See its routes.");
    for (const [index, route] of listAt(data, "Routes").entries()) {
        const path = `Routes[${index}]`;
        const destination = valueAt(route, "Destination");
        const calls = used.get(index) ?? [];
        headers(router, `${path}.Destination`);
        router.add(
            `${path}.Destination.PrefixRewrite`,
            "by-hand",
            "The catalogue has no rewrites: serve the path that callers request.",
        );
        router.add(
            `${path}.Destination.IdleTimeout`,
            "by-hand",
            "The mesh closes idle connections after 1 h: use a timeout.",
        );
        const other = textAt(destination, "Service");
        const subset = textAt(destination, "ServiceSubset");
        if (!leadsToItself(route, name)) {
            const where = [other || name, subset].filter((one) => one !== "").join(", version ");
            router.add(
                path,
                "by-hand",
                `It sends requests to ${where}: make callers call that service, or split versions in the stack's traffic.services.`,
            );
            continue;
        }
        const retried = calls.filter(({ isRetried }) => isRetried).map(({ call }) => call);
        describeRetries(router, path, retried, destination);
        const requests = requestsOf(route);
        if (requests === undefined) {
            router.add(
                path,
                "by-hand",
                "The catalogue matches requests by method and path only: list the requests that it matches in a call.",
            );
        } else if (calls.length > 0) {
            router.add(path, "translated", `The timeout of ${calls.map(({ call }) => call).join(", ")}`);
        } else {
            const timeout = textAt(destination, "RequestTimeout") || "the default timeout";
            router.add(
                path,
                "by-hand",
                `List these requests in a call to ${target} of their own, with ${timeout}: ${requests.slice(0, 3).join(", ")}${requests.length > 3 ? ", …" : ""}.`,
            );
        }
    }
}
