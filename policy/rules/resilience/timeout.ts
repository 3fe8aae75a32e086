import { apexOf, CANARY } from "../../core/canary";
import { type Exception, EXCEPTION_FIELDS, holds } from "../../core/exceptions";
import { means, portsOf } from "../../core/hosts";
import { at, says, someOf, textAt, texts } from "../../core/read";
import { each, stackRule } from "../../core/rule";
import { type Route, routesOf } from "../../core/routes";
import { type Subject } from "../../core/subject";
import { servicesOf } from "./breaker";

interface Stream extends Pick<Exception, "reason" | "until"> {
    readonly namespace: string;
    /** Of the VirtualService. */
    readonly name: string;
    /** Of the route; any without a timeout where absent. */
    readonly route?: string;
}

interface Config {
    readonly streams: readonly Stream[];
    readonly sidePorts: readonly string[];
}

const VIRTUAL_SERVICE = "networking.istio.io/VirtualService";

export const timeout = stackRule<Config>({
    name: "resilience-timeout",
    area: "resilience",
    title: "Every HTTP route has a timeout, and every HTTP service a route",
    severity: "medium",
    why: "Istio's default is no timeout: a callee that hangs holds its callers' connections and threads until they hang too",
    remedy: "Set `timeout` on each route. List streams and WebSockets, which live as long as they are used.",
    judges: [VIRTUAL_SERVICE, "core/Service", CANARY],
    defaults: { streams: [], sidePorts: ["health", "metrics"] },
    schema: {
        streams: {
            type: "array",
            description: "routes that live as long as they are used",
            items: {
                type: "object",
                additionalProperties: false,
                required: ["namespace", "name", "reason", "until"],
                properties: {
                    namespace: { type: "string" },
                    name: { type: "string", description: "of the VirtualService" },
                    route: { type: "string", description: "its name; any without a timeout where absent" },
                    ...EXCEPTION_FIELDS,
                },
            },
        },
        sidePorts: {
            type: "array",
            items: { type: "string" },
            description: "names of ports that nobody calls for the service itself",
        },
    },
    examples: {
        refused: `
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata: { name: carts, namespace: shop }
spec: { hosts: [carts], exportTo: ["."], http: [{ route: [{ destination: { host: carts } }] }] }
`,
        accepted: `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: carts, namespace: shop }
spec: { hosts: [carts], exportTo: ["."], http: [{ timeout: 3s, route: [{ destination: { host: carts } }] }] }
`,
    },
    *judgeStack(world, { streams, sidePorts }) {
        const services = world.all(VIRTUAL_SERVICE);
        // Where another says how long, that one is judged. Of Flagger's own routes only the Canary tells.
        const timed = world.all(CANARY).filter(({ spec }) => says(at(spec, "service", "timeout")));
        const below = [
            ...services.map(({ namespace, name }) => ({ namespace, name })),
            ...timed.map((canary) => ({ namespace: canary.namespace, name: apexOf(canary) })),
        ];
        yield* each(services, function* (subject) {
            for (const route of routesOf(subject)) {
                if (route.destinations.length === 0 || hasTimeout(route)) continue;
                if (someOf(below, (one) => delegatesTo(subject, route, one))) continue;
                const listed = streams.filter(
                    (stream) =>
                        stream.namespace === subject.namespace &&
                        stream.name === subject.name &&
                        (stream.route ?? route.name) === route.name,
                );
                if (holds(listed)) continue;
                yield {
                    subject,
                    wrong: `${route.path}${route.name === "" ? "" : ` (${route.name})`} has no timeout`,
                    fix: "set `timeout`; if the route carries streams, list it under this policy's `streams`.",
                };
            }
        });
        // In-mesh callers of a service without any route wait as long as it likes.
        yield* each(servicesOf(world), function* (subject) {
            const speaksHttp = portsOf(subject).some(
                ({ name, protocol }) => protocol === "http" && !sidePorts.includes(name),
            );
            if (!speaksHttp || someOf(services, (service) => leadsTo(service, subject))) return;
            if (
                holds(
                    streams.filter(
                        ({ namespace, name }) => namespace === subject.namespace && name === subject.name,
                    ),
                )
            )
                return;
            yield {
                subject,
                wrong: "it speaks HTTP, and no VirtualService routes to it, so its callers have no timeout",
                fix: "add a VirtualService for its host whose routes have a timeout.",
            };
        });
    },
});

function hasTimeout({ fields }: Route): boolean {
    const value = textAt(fields, "timeout");
    return value !== undefined && !/^0(\.0+)?(ms|s|m|h)?$/.test(value);
}

function delegatesTo(
    root: Subject,
    { fields }: Route,
    { namespace, name }: Pick<Subject, "namespace" | "name">,
): boolean {
    return (
        textAt(fields, "delegate", "name") === name &&
        (textAt(fields, "delegate", "namespace") ?? root.namespace) === namespace
    );
}

function leadsTo(service: Subject, target: Subject): boolean {
    const hosts = [
        ...texts(service.spec["hosts"]),
        ...routesOf(service).flatMap(({ destinations }) => destinations),
    ];
    return hosts.some((host) => means(host, service.namespace, target));
}
