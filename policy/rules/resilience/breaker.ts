import { EXCEPTIONS_SCHEMA, isExcepted, type Exception, NO_EXCEPTIONS } from "../../core/exceptions";
import { apexOf, CANARY } from "../../core/canary";
import { canonical, means, portsOf, type ServicePort } from "../../core/hosts";
import { at, fields, labelsAt, numberAt, says, textAt } from "../../core/read";
import { each, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { type World } from "../../core/world";

interface Config {
    readonly exceptions: readonly Exception[];
    readonly sidePorts: readonly string[];
}

export const breaker = stackRule<Config>({
    name: "resilience-breaker",
    area: "resilience",
    title: "Every meshed service has a breaker",
    severity: "medium",
    why: "callers of a service that is slow or broken queue up until they are broken too: Istio's default pool is without a limit",
    remedy: "Give the service a DestinationRule with connectionPool limits, and outlierDetection where it speaks HTTP.",
    judges: ["core/Service", "networking.istio.io/DestinationRule", CANARY],
    defaults: { ...NO_EXCEPTIONS, sidePorts: ["health", "metrics"] },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        sidePorts: {
            type: "array",
            items: { type: "string" },
            description: "names of ports that nobody calls for the service itself",
        },
    },
    examples: {
        refused: `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: v1
kind: Service
metadata: { name: carts, namespace: shop }
spec: { selector: { app: carts }, ports: [{ name: http, port: 8080 }] }
`,
        accepted: `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: v1
kind: Service
metadata: { name: carts, namespace: shop }
spec: { selector: { app: carts }, ports: [{ name: http, port: 8080 }] }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: carts, namespace: shop }
spec:
  host: carts
  exportTo: ["."]
  trafficPolicy:
    connectionPool: { tcp: { maxConnections: 100 } }
    outlierDetection: { consecutive5xxErrors: 5, maxEjectionPercent: 50 }
`,
    },
    *judgeStack(world, config) {
        yield* each(servicesOf(world), function* (subject) {
            const ports = portsOf(subject).filter(({ name }) => !config.sidePorts.includes(name));
            if (ports.length === 0 || isExcepted(config, subject)) return;
            const rules = world.ask(
                `DestinationRules of ${subject.key}`,
                world.all("networking.istio.io/DestinationRule"),
                (rule) => (means(textAt(rule.spec, "host") ?? "", rule.namespace, subject) ? [rule] : []),
            );
            const missing = missingOf(rules, ports);
            if (missing === undefined) return;
            const rule = rules[0];
            yield {
                subject,
                wrong: `${rule === undefined ? "no DestinationRule is for it, so it has" : `${rule.key} gives it`} ${missing}`,
                fix: "add spec.trafficPolicy.connectionPool with limits to a DestinationRule for its host, and outlierDetection with a number of errors where it speaks HTTP.",
            };
        });
        // Where a rollout delegates, requests go to Flagger's own hosts, for which the service's rule is none.
        yield* each(world.all(CANARY), function* (canary) {
            if (at(canary.spec, "service", "delegation") !== true || isExcepted(config, canary)) return;
            if (says(at(canary.spec, "service", "trafficPolicy", "connectionPool"))) return;
            for (const kind of ["primary", "canary"]) {
                const host = `${apexOf(canary)}-${kind}.${canary.namespace}.svc.cluster.local`;
                const rules = world
                    .all("networking.istio.io/DestinationRule")
                    .filter((rule) => canonical(textAt(rule.spec, "host") ?? "", rule.namespace) === host);
                const missing = missingOf(rules, [{ protocol: "http" }]);
                if (missing === undefined) continue;
                yield {
                    subject: rules[0] ?? canary,
                    wrong: `callers of ${host}, to which Flagger leads them, have ${missing}`,
                    fix: "give that host a DestinationRule with connectionPool limits and outlierDetection, or the Canary a service.trafficPolicy.",
                };
            }
        });
    },
});

/** Services of the mesh that have pods, and are no gateway's. */
export function servicesOf(world: World): readonly Subject[] {
    return world.ask("services of the mesh", world.all("core/Service"), (service) => {
        const selector = labelsAt(service.spec, "selector");
        const isInside =
            world.isMeshed(service.namespace) && says(selector) && world.gatewaysOf(selector).length === 0;
        return isInside && !isGoverning(world, service) ? [service] : [];
    });
}

/**
 * Whether a headless Service only gives the pods of a StatefulSet their names: clients call the ordinary Service beside
 * it, which has the same selector.
 */
function isGoverning(world: World, service: Subject): boolean {
    const isHeadless = ({ spec }: Subject): boolean => textAt(spec, "clusterIP") === "None";
    const selector = JSON.stringify(sortedLabels(service));
    return (
        isHeadless(service) &&
        world
            .within(service.namespace, "core/Service")
            .some((other) => !isHeadless(other) && JSON.stringify(sortedLabels(other)) === selector)
    );
}

function sortedLabels({ spec }: Subject): readonly (readonly [string, string])[] {
    return Object.entries(labelsAt(spec, "selector")).sort(([a], [b]) => (a < b ? -1 : 1));
}

function missingOf(
    rules: readonly Subject[],
    ports: readonly Pick<ServicePort, "protocol">[],
): string | undefined {
    const policies = rules.map(({ spec }) => fields(spec["trafficPolicy"]));
    const limits = policies.some((policy) => {
        const pool = at(policy, "connectionPool");
        return (
            (numberAt(pool, "tcp", "maxConnections") ?? 0) > 0 ||
            ["http1MaxPendingRequests", "http2MaxRequests"].some(
                (key) => (numberAt(pool, "http", key) ?? 0) > 0,
            )
        );
    });
    if (!limits) return "no limit on connections or requests";
    if (!ports.some(({ protocol }) => protocol === "http")) return undefined;
    const ejects = policies.some((policy) => {
        const detection = at(policy, "outlierDetection");
        return ["consecutive5xxErrors", "consecutiveGatewayErrors", "consecutiveErrors"].some(
            (key) => (numberAt(detection, key) ?? 0) > 0,
        );
    });
    return ejects ? undefined : "no outlierDetection that ejects a replica that fails";
}
