import { apexOf, CANARY } from "../../core/canary";
import { type Exception, exceptionList, anyInForce } from "../../core/exceptions";
import { refersToService, portsOf } from "../../core/hosts";
import { at, isNonEmpty, someOf, textAt, texts } from "../../core/read";
import { each, stackRule } from "../../core/rule";
import { type VirtualServiceRoute, routesOf } from "../../core/routes";
import { type Subject } from "../../core/subject";
import { servicesOf } from "./circuit-breaker";

interface Stream extends Pick<Exception, "reason" | "until"> {
    readonly namespace: string;
    /** Name of the VirtualService. */
    readonly name: string;
    /** Name of the route; any route without a timeout if absent. */
    readonly route?: string;
}

interface Config {
    readonly streams: readonly Stream[];
    readonly auxiliaryPorts: readonly string[];
}

const VIRTUAL_SERVICE = "networking.istio.io/VirtualService";

export const timeout = stackRule<Config>({
    name: "resilience-timeout",
    area: "resilience",
    title: "Every HTTP route has a timeout, and every HTTP service has a route",
    severity: "medium",
    why: "Istio has no default timeout: an upstream that hangs occupies connections and threads of its callers until they hang too",
    remediation:
        "Set `timeout` on each route. List routes for streams and WebSockets, whose connections stay open.",
    appliesTo: [VIRTUAL_SERVICE, "core/Service", CANARY],
    defaults: { streams: [], auxiliaryPorts: ["health", "metrics"] },
    schema: {
        streams: exceptionList(
            "routes for long-lived streams",
            {
                namespace: { type: "string" },
                name: { type: "string", description: "name of the VirtualService" },
            },
            {
                route: {
                    type: "string",
                    description: "name of the route; any route without a timeout if absent",
                },
            },
        ),
        auxiliaryPorts: {
            type: "array",
            items: { type: "string" },
            description: "names of auxiliary ports, such as health and metrics, that need no timeout",
        },
    },
    examples: {
        noncompliant: `
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: { name: carts, namespace: shop }
spec: { hosts: [carts], exportTo: ["."], http: [{ route: [{ destination: { host: carts } }] }] }
`,
        compliant: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: carts, namespace: shop }
spec: { hosts: [carts], exportTo: ["."], http: [{ timeout: 3s, route: [{ destination: { host: carts } }] }] }
`,
    },
    *evaluateStack(stack, { streams, auxiliaryPorts }) {
        const services = stack.all(VIRTUAL_SERVICE);
        // A delegate is evaluated itself, so its root needs no timeout. For Flagger's routes, the Canary
        // contains the timeout.
        const timed = stack.all(CANARY).filter(({ spec }) => isNonEmpty(at(spec, "service", "timeout")));
        const evaluatedElsewhere = [
            ...services.map(({ namespace, name }) => ({ namespace, name })),
            ...timed.map((canary) => ({ namespace: canary.namespace, name: apexOf(canary) })),
        ];
        yield* each(services, function* (subject) {
            for (const route of routesOf(subject)) {
                if (route.destinations.length === 0 || hasTimeout(route)) continue;
                if (someOf(evaluatedElsewhere, (one) => delegatesTo(subject, route, one))) continue;
                const listed = streams.filter(
                    (stream) =>
                        stream.namespace === subject.namespace &&
                        stream.name === subject.name &&
                        (stream.route ?? route.name) === route.name,
                );
                if (anyInForce(listed)) continue;
                yield {
                    subject,
                    problem: `${route.path}${route.name === "" ? "" : ` (${route.name})`} has no timeout`,
                    fix: "set `timeout`. If the route serves streams, list it under this policy's `streams`.",
                };
            }
        });
        // Without a route, callers in the mesh wait without a limit.
        yield* each(servicesOf(stack), function* (subject) {
            const servesHttp = portsOf(subject).some(
                ({ name, protocol }) => protocol === "http" && !auxiliaryPorts.includes(name),
            );
            if (!servesHttp || someOf(services, (service) => routesTo(service, subject))) return;
            if (
                anyInForce(
                    streams.filter(
                        ({ namespace, name }) => namespace === subject.namespace && name === subject.name,
                    ),
                )
            )
                return;
            yield {
                subject,
                problem: "it serves HTTP, and no VirtualService routes to it, so its callers have no timeout",
                fix: "add a VirtualService for its host with a timeout in each route.",
            };
        });
    },
});

function hasTimeout({ fields }: VirtualServiceRoute): boolean {
    const value = textAt(fields, "timeout");
    return value !== undefined && !/^0(\.0+)?(ms|s|m|h)?$/.test(value);
}

function delegatesTo(
    root: Subject,
    { fields }: VirtualServiceRoute,
    { namespace, name }: Pick<Subject, "namespace" | "name">,
): boolean {
    return (
        textAt(fields, "delegate", "name") === name &&
        (textAt(fields, "delegate", "namespace") ?? root.namespace) === namespace
    );
}

function routesTo(service: Subject, target: Subject): boolean {
    const hosts = [
        ...texts(service.spec["hosts"]),
        ...routesOf(service).flatMap(({ destinations }) => destinations),
    ];
    return hosts.some((host) => refersToService(host, service.namespace, target));
}
