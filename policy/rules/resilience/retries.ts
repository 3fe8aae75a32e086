import { MESH_CONFIG_HOLDERS, meshConfigsOf } from "../../core/mesh-config";
import { canonical } from "../../core/hosts";
import { numberAt, isNonEmpty, textAt } from "../../core/read";
import { type Violation, objectRule } from "../../core/rule";
import { methodsOf, pathsOf, type VirtualServiceRoute, routesOf } from "../../core/routes";
import { type Subject } from "../../core/subject";

interface NotIdempotent {
    readonly host: string;
    /** Exact paths, or complete regular expressions. The whole host if absent. */
    readonly paths?: readonly string[];
}

interface Config {
    readonly notIdempotent: readonly NotIdempotent[];
    readonly maximum: number;
}

/** Conditions under which nothing has been sent yet, so that a retry repeats no operation. */
const BEFORE_SENDING: ReadonlySet<string> = new Set(["connect-failure", "refused-stream"]);

export const retries = objectRule<Config>({
    name: "resilience-retries",
    area: "resilience",
    title: "Requests that are not idempotent are not retried",
    severity: "high",
    why: "Istio retries each request twice by default, which can repeat a charge or an order",
    remediation:
        "Set meshConfig.defaultHttpRetryPolicy.attempts to 0, and retries only on routes of idempotent requests.",
    appliesTo: [...MESH_CONFIG_HOLDERS, "networking.istio.io/VirtualService"],
    defaults: { notIdempotent: [], maximum: 3 },
    schema: {
        notIdempotent: {
            type: "array",
            description: "requests that are not idempotent: a host and its paths",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["host"],
                properties: {
                    host: {
                        type: "string",
                        description: "fully qualified, for example carts.shop.svc.cluster.local",
                    },
                    paths: {
                        type: "array",
                        items: { type: "string" },
                        description: "as in the route's match; every path if absent",
                    },
                },
            },
        },
        maximum: {
            type: "integer",
            minimum: 0,
            description: "maximum number of retries of any route",
        },
    },
    examples: {
        noncompliant: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: orders, namespace: shop }
spec: { hosts: [orders], exportTo: ["."], http: [{ match: [{ method: { exact: POST }, uri: { exact: /orders } }], timeout: 3s, retries: { attempts: 2, retryOn: "5xx" }, route: [{ destination: { host: orders } }] }] }
`,
        compliant: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: orders, namespace: shop }
spec: { hosts: [orders], exportTo: ["."], http: [{ match: [{ method: { exact: POST }, uri: { exact: /orders } }], timeout: 3s, retries: { attempts: 0 }, route: [{ destination: { host: orders } }] }] }
`,
    },
    *evaluate(subject, config) {
        for (const { path, config: mesh } of meshConfigsOf(subject)) {
            if (numberAt(mesh, "defaultHttpRetryPolicy", "attempts") === 0) continue;
            yield {
                subject,
                problem: `${path}.defaultHttpRetryPolicy.attempts is not 0, so every route without a retry policy retries twice`,
                fix: "set it to 0.",
            };
        }
        for (const route of routesOf(subject)) yield* evaluateRoute(subject, route, config);
    },
});

function* evaluateRoute(
    subject: Subject,
    route: VirtualServiceRoute,
    { notIdempotent, maximum }: Config,
): Iterable<Violation> {
    const attempts =
        numberAt(route.fields, "retries", "attempts") ?? (isNonEmpty(route.fields["retries"]) ? 2 : 0);
    if (attempts === 0) return;
    if (attempts > maximum) {
        yield {
            subject,
            problem: `${route.path}.retries.attempts is ${attempts}; the maximum is ${maximum}`,
            fix: "lower it: retries multiply along a chain of calls.",
        };
    }
    const on = (textAt(route.fields, "retries", "retryOn") ?? "5xx").split(",").map((word) => word.trim());
    if (on.every((word) => BEFORE_SENDING.has(word))) return;
    const nonIdempotent = nonIdempotentRequests(subject, route, notIdempotent) ?? nonIdempotentMethods(route);
    if (nonIdempotent === undefined) return;
    yield {
        subject,
        problem: `${route.path}.retries retries ${nonIdempotent} after ${on.join(", ")}, when the operation may already have been performed`,
        fix: "set attempts to 0, or retryOn to connect-failure,refused-stream, which fail before anything is sent.",
    };
}

function nonIdempotentRequests(
    subject: Subject,
    route: VirtualServiceRoute,
    notIdempotent: readonly NotIdempotent[],
): string | undefined {
    const hosts = route.destinations.map((host) => canonical(host, subject.namespace));
    const paths = pathsOf(route);
    for (const { host, paths: nonIdempotent } of notIdempotent) {
        if (!hosts.includes(host)) continue;
        if (nonIdempotent === undefined || paths.length === 0) return `requests to ${host}`;
        const hit = nonIdempotent.find((path) => paths.includes(path));
        if (hit !== undefined) return `${hit} of ${host}`;
    }
    return undefined;
}

/**
 * The methods of a route that only matches POST or PATCH. Every gRPC call is a POST to
 * /package.Service/Method, so gRPC routes are skipped.
 */
function nonIdempotentMethods(route: VirtualServiceRoute): string | undefined {
    const methods = methodsOf(route);
    const isGrpc = pathsOf(route).some((path) => /^\/[\w.]+\.\w+\/\w+$/.test(path));
    return !isGrpc && methods.length > 0 && methods.every((name) => name === "POST" || name === "PATCH")
        ? `${[...new Set(methods)].join(" and ")} requests`
        : undefined;
}
