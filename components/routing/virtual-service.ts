import { attempts } from "../../catalogue/attempts";
import type { Call } from "../../catalogue/model";
import { compare, groupBy } from "../../catalogue/order";
import { callersOf, type Edge, wireOperations, servicesOf } from "../../catalogue/query";
import { COMMON_LABELS, SERVICE_LABEL } from "../base/labels";
import type { VirtualServiceManifest } from "../base/manifest";
import { NAMESPACES, serviceHost } from "../base/names";
import type { Platform } from "../base/platform";
import { type RequestMatch, type HttpRoute, routesTo } from "../shared/routing/routes";

/**
 * The conditions for retrying an idempotent call: connection failures, resets, and explicit unavailability. Not
 * overload: a retry would make it worse.
 */
const RETRY_ON = {
    http: "connect-failure,refused-stream,reset,gateway-error",
    grpc: "connect-failure,refused-stream,reset,unavailable",
} as const;

/** The maximum delay before the first retry. It doubles for each further one, and each delay is random below it. */
const BACK_OFF = "25ms";

/** The callee's policies deny undeclared requests; their timeout is short. */
const UNDECLARED_TIMEOUT = "15s";

/** For each called service: the timeout and retries of each caller's requests. */
export function virtualServices(platform: Platform): VirtualServiceManifest[] {
    const { catalogue } = platform;
    return servicesOf(catalogue).flatMap(([name]) => {
        const called = callersOf(catalogue, name).filter(({ port }) => port.protocol !== "tcp");
        return called.length > 0 ? [virtualService(name, called, platform)] : [];
    });
}

function virtualService(name: string, called: readonly Edge[], platform: Platform): VirtualServiceManifest {
    const groups = [...groupBy(called, routeName)].sort(([a], [b]) => compare(a, b));
    const ports = [...groupBy(called, ({ portName }) => portName)].sort(([a], [b]) => compare(a, b));
    return {
        apiVersion: "networking.istio.io/v1",
        kind: "VirtualService",
        metadata: { name, namespace: NAMESPACES.services, labels: COMMON_LABELS },
        spec: {
            hosts: [serviceHost(name)],
            exportTo: ["."],
            http: [
                ...groups.flatMap(([route, group]) => callRoutes(route, group, platform)),
                ...ports.flatMap(([portName, [{ port }]]) =>
                    routesTo(platform, {
                        name: `undeclared-${portName}`,
                        service: name,
                        port: port.number,
                        requests: [{}],
                        match: { port: port.number },
                        idempotent: false,
                        settings: { timeout: UNDECLARED_TIMEOUT, retries: { attempts: 0 } },
                    }),
                ),
            ],
        },
    };
}

/**
 * Calls of one caller to one port with the same timeout, retry policy and idempotency share a route. The parts are separated by
 * dots, which neither services' nor ports' names have: `auth` calling `admin-grpc` is not `auth-admin` calling `grpc`.
 */
function routeName({ caller, portName, call }: Edge): string {
    const tried = attempts(call) > 1 ? [`x${attempts(call)}`] : call.idempotent ? ["once"] : [];
    const { retryOn, perTryTimeout } = call;
    const policy = [
        ...(perTryTimeout === undefined ? [] : [`each-${perTryTimeout}`]),
        ...(retryOn === undefined ? [] : ["on", ...[...retryOn].sort()]),
    ];
    return [caller, portName, call.timeout, ...tried, ...policy].join(".");
}

function callRoutes(name: string, group: readonly [Edge, ...Edge[]], platform: Platform): HttpRoute[] {
    const [{ caller, callee, port, call }] = group;
    return routesTo(platform, {
        name,
        service: callee,
        port: port.number,
        requests: group.flatMap(requestMatches),
        match: { sourceLabels: { [SERVICE_LABEL]: caller }, port: port.number },
        idempotent: call.idempotent,
        settings: {
            // No timeout means no limit: a stream lasts as long as both ends want.
            ...(call.timeout === "stream" ? {} : { timeout: call.timeout }),
            retries: retriesOf(
                call,
                call.retryOn?.join(",") ?? RETRY_ON[port.protocol === "grpc" ? "grpc" : "http"],
            ),
        },
    });
}

function requestMatches({ port, call }: Edge): RequestMatch[] {
    return wireOperations(port, call).flatMap(({ methods, paths }) =>
        methods.flatMap((verb) => paths.map((path) => ({ verb, path }))),
    );
}

function retriesOf(call: Call, retryOn: string): NonNullable<HttpRoute["retries"]> {
    const tries = attempts(call);
    if (tries === 1 || call.timeout === "stream") return { attempts: 0 };
    return {
        attempts: tries - 1,
        // By default no per-try timeout: the route's timeout covers all attempts. A slow callee is not called again,
        // which would only add to its load, and can take all the time that its caller grants.
        ...(call.perTryTimeout === undefined ? {} : { perTryTimeout: call.perTryTimeout }),
        backoff: BACK_OFF,
        retryOn,
        // Without this, Istio would retry a hashed request at the replica that failed.
        retryIgnorePreviousHosts: true,
    };
}
