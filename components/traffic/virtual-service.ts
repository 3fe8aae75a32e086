import { attempts } from "../../catalogue/attempts";
import type { Call } from "../../catalogue/model";
import { compare, groupBy } from "../../catalogue/order";
import { callersOf, type Edge, operations, servicesOf } from "../../catalogue/query";
import { COMMON_LABELS, SERVICE_LABEL } from "../base/labels";
import type { VirtualServiceManifest } from "../base/manifest";
import { NAMESPACES, serviceHost } from "../base/names";
import type { Platform } from "../base/platform";
import { type Asked, type HttpRoute, routesTo } from "../base/routes";

/**
 * What is retried, of calls that may be: what did not arrive, what broke, and what said that it cannot now. Not what
 * was refused for want of capacity: to ask again makes that worse.
 */
const RETRY_ON = {
    http: "connect-failure,refused-stream,reset,gateway-error",
    grpc: "connect-failure,refused-stream,reset,unavailable",
} as const;

/** The first pause before a retry, at most; each further one doubles, and all are drawn at random below it. */
const BACK_OFF = "25ms";

/** What nobody declared is refused by the callee's own policies; nobody is to wait long for that. */
const UNDECLARED_TIMEOUT = "15s";

/** For each service that is called: how long each of its callers waits for what, and how often it is tried. */
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
                        asked: [{}],
                        match: { port: port.number },
                        repeatable: false,
                        settings: { timeout: UNDECLARED_TIMEOUT, retries: { attempts: 0 } },
                    }),
                ),
            ],
        },
    };
}

/** Calls of one caller to one port that wait equally long, are tried equally often and may be copied alike share a route. */
function routeName({ caller, portName, call }: Edge): string {
    const tried = attempts(call) > 1 ? `-x${attempts(call)}` : call.idempotent ? "-once" : "";
    return `${caller}-${portName}-${call.timeout}${tried}`;
}

function callRoutes(name: string, group: readonly [Edge, ...Edge[]], platform: Platform): HttpRoute[] {
    const [{ caller, callee, port, call }] = group;
    return routesTo(platform, {
        name,
        service: callee,
        port: port.number,
        asked: group.flatMap(asked),
        match: { sourceLabels: { [SERVICE_LABEL]: caller }, port: port.number },
        repeatable: call.idempotent,
        settings: {
            // No timeout is no limit: a stream lives as long as both ends want.
            ...(call.timeout === "stream" ? {} : { timeout: call.timeout }),
            retries: retriesOf(call, port.protocol === "grpc" ? RETRY_ON.grpc : RETRY_ON.http),
        },
    });
}

function asked({ port, call }: Edge): Asked[] {
    return operations(port, call).flatMap(({ methods, paths }) =>
        methods.flatMap((verb) => paths.map((path) => ({ verb, path }))),
    );
}

function retriesOf(call: Call, retryOn: string): NonNullable<HttpRoute["retries"]> {
    const tries = attempts(call);
    if (tries === 1 || call.timeout === "stream") return { attempts: 0 };
    return {
        attempts: tries - 1,
        // No time for each attempt alone: the route's own holds for all of them together. A callee that is slow is not
        // asked again, which would be one more thing for it to do, and may take all the time that its caller grants.
        backoff: BACK_OFF,
        retryOn,
        // Unsaid, Istio would have a hashed request tried again on the very replica that failed.
        retryIgnorePreviousHosts: true,
    };
}
