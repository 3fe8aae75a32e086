import { MESH_CONFIG_HOLDERS, meshConfigsOf } from "../../core/mesh-config";
import { canonical } from "../../core/hosts";
import { numberAt, says, textAt } from "../../core/read";
import { type Finding, objectRule } from "../../core/rule";
import { methodsOf, pathsOf, type Route, routesOf } from "../../core/routes";
import { type Subject } from "../../core/subject";

interface NotIdempotent {
    readonly host: string;
    /** Exact, or a regular expression in full. All of the host where absent. */
    readonly paths?: readonly string[];
}

interface Config {
    readonly notIdempotent: readonly NotIdempotent[];
    readonly maximum: number;
}

/** What a retry cannot do twice: nothing had been sent when it failed. */
const BEFORE_SENDING: ReadonlySet<string> = new Set(["connect-failure", "refused-stream"]);

export const retries = objectRule<Config>({
    name: "resilience-retries",
    area: "resilience",
    title: "Nothing is tried again that must not happen twice",
    severity: "high",
    why: "Istio's default retries each request twice, and a charge or an order is then made twice",
    remedy: "Set meshConfig.defaultHttpRetryPolicy.attempts to 0, and retries only on routes of what may be done twice.",
    judges: [...MESH_CONFIG_HOLDERS, "networking.istio.io/VirtualService"],
    defaults: { notIdempotent: [], maximum: 3 },
    schema: {
        notIdempotent: {
            type: "array",
            description: "what must not be done twice: a host, and its paths",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["host"],
                properties: {
                    host: { type: "string", description: "in full: carts.shop.svc.cluster.local" },
                    paths: {
                        type: "array",
                        items: { type: "string" },
                        description: "as the route's match has them; every path where absent",
                    },
                },
            },
        },
        maximum: {
            type: "integer",
            minimum: 0,
            description: "attempts after the first that any route may make",
        },
    },
    examples: {
        refused: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: orders, namespace: shop }
spec: { hosts: [orders], exportTo: ["."], http: [{ match: [{ method: { exact: POST }, uri: { exact: /orders } }], timeout: 3s, retries: { attempts: 2, retryOn: "5xx" }, route: [{ destination: { host: orders } }] }] }
`,
        accepted: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: orders, namespace: shop }
spec: { hosts: [orders], exportTo: ["."], http: [{ match: [{ method: { exact: POST }, uri: { exact: /orders } }], timeout: 3s, retries: { attempts: 0 }, route: [{ destination: { host: orders } }] }] }
`,
    },
    *judge(subject, config) {
        for (const { path, config: mesh } of meshConfigsOf(subject)) {
            if (numberAt(mesh, "defaultHttpRetryPolicy", "attempts") === 0) continue;
            yield {
                subject,
                wrong: `${path}.defaultHttpRetryPolicy.attempts is not 0, so every route without a word is tried twice again`,
                fix: "set it to 0.",
            };
        }
        for (const route of routesOf(subject)) yield* judgeRoute(subject, route, config);
    },
});

function* judgeRoute(subject: Subject, route: Route, { notIdempotent, maximum }: Config): Iterable<Finding> {
    const attempts = numberAt(route.fields, "retries", "attempts") ?? (says(route.fields["retries"]) ? 2 : 0);
    if (attempts === 0) return;
    if (attempts > maximum) {
        yield {
            subject,
            wrong: `${route.path}.retries.attempts is ${attempts}, and ${maximum} is the most`,
            fix: "lower it: retries multiply along a chain of calls.",
        };
    }
    const on = (textAt(route.fields, "retries", "retryOn") ?? "5xx").split(",").map((word) => word.trim());
    if (on.every((word) => BEFORE_SENDING.has(word))) return;
    const marked = markedOf(subject, route, notIdempotent) ?? postOf(route);
    if (marked === undefined) return;
    yield {
        subject,
        wrong: `${route.path}.retries tries ${marked} again after ${on.join(", ")}, when it may already have been done`,
        fix: "set attempts to 0, or retryOn to connect-failure,refused-stream, which fail before anything is sent.",
    };
}

function markedOf(
    subject: Subject,
    route: Route,
    notIdempotent: readonly NotIdempotent[],
): string | undefined {
    const hosts = route.destinations.map((host) => canonical(host, subject.namespace));
    const paths = pathsOf(route);
    for (const { host, paths: marked } of notIdempotent) {
        if (!hosts.includes(host)) continue;
        if (marked === undefined || paths.length === 0) return `requests to ${host}`;
        const hit = marked.find((path) => paths.includes(path));
        if (hit !== undefined) return `${hit} of ${host}`;
    }
    return undefined;
}

/** A route that is for POST alone; gRPC, whose every call is a POST to /package.Service/Method, says nothing by it. */
function postOf(route: Route): string | undefined {
    const methods = methodsOf(route);
    const isGrpc = pathsOf(route).some((path) => /^\/[\w.]+\.\w+\/\w+$/.test(path));
    return !isGrpc && methods.length > 0 && methods.every((name) => name === "POST" || name === "PATCH")
        ? `${[...new Set(methods)].join(" and ")} requests`
        : undefined;
}
