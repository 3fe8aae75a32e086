import { EXCEPTIONS_SCHEMA, isExcepted, type Exception, NO_EXCEPTIONS } from "../../core/exceptions";
import { apexOf, CANARY } from "../../core/canary";
import { canonical, refersToService, portsOf, type DeclaredPort } from "../../core/hosts";
import { at, fields, labelsAt, numberAt, isNonEmpty, textAt } from "../../core/read";
import { each, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { type StackResources } from "../../core/stack-resources";

interface Config {
    readonly exceptions: readonly Exception[];
    readonly auxiliaryPorts: readonly string[];
}

export const circuitBreaker = stackRule<Config>({
    name: "resilience-circuit-breaker",
    area: "resilience",
    title: "Every meshed service has a circuit breaker",
    severity: "medium",
    why: "requests to a slow or failing service pile up until its callers fail too: Istio's default connection pool has no limit",
    remediation:
        "Create a DestinationRule for the service with connectionPool limits, and with outlierDetection if it serves HTTP.",
    appliesTo: ["core/Service", "networking.istio.io/DestinationRule", CANARY],
    defaults: { ...NO_EXCEPTIONS, auxiliaryPorts: ["health", "metrics"] },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        auxiliaryPorts: {
            type: "array",
            items: { type: "string" },
            description: "names of auxiliary ports, such as health and metrics, that need no circuit breaker",
        },
    },
    examples: {
        noncompliant: `
apiVersion: v1
kind: Namespace
metadata: { name: shop, labels: { istio-injection: enabled } }
---
apiVersion: v1
kind: Service
metadata: { name: carts, namespace: shop }
spec: { selector: { app: carts }, ports: [{ name: http, port: 8080 }] }
`,
        compliant: `
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
    *evaluateStack(stack, config) {
        yield* each(servicesOf(stack), function* (subject) {
            const ports = portsOf(subject).filter(({ name }) => !config.auxiliaryPorts.includes(name));
            if (ports.length === 0 || isExcepted(config, subject)) return;
            const rules = stack.collect(
                `DestinationRules of ${subject.key}`,
                stack.all("networking.istio.io/DestinationRule"),
                (rule) =>
                    refersToService(textAt(rule.spec, "host") ?? "", rule.namespace, subject) ? [rule] : [],
            );
            const missing = missingOf(rules, ports);
            if (missing === undefined) return;
            const rule = rules[0];
            yield {
                subject,
                problem: `${rule === undefined ? "it has no DestinationRule, and so" : `its DestinationRule ${rule.key} has`} ${missing}`,
                fix: "add spec.trafficPolicy.connectionPool with limits to a DestinationRule for its host, and outlierDetection with a number of errors if it serves HTTP.",
            };
        });
        // With delegation, requests go to the hosts that Flagger creates, and the DestinationRule of the
        // service does not apply to them.
        yield* each(stack.all(CANARY), function* (canary) {
            if (at(canary.spec, "service", "delegation") !== true || isExcepted(config, canary)) return;
            if (isNonEmpty(at(canary.spec, "service", "trafficPolicy", "connectionPool"))) return;
            for (const kind of ["primary", "canary"]) {
                const host = `${apexOf(canary)}-${kind}.${canary.namespace}.svc.cluster.local`;
                const rules = stack
                    .all("networking.istio.io/DestinationRule")
                    .filter((rule) => canonical(textAt(rule.spec, "host") ?? "", rule.namespace) === host);
                const missing = missingOf(rules, [{ protocol: "http" }]);
                if (missing === undefined) continue;
                yield {
                    subject: rules[0] ?? canary,
                    problem: `${host}, to which Flagger routes requests, has ${missing}`,
                    fix: "create a DestinationRule for that host with connectionPool limits and outlierDetection, or set service.trafficPolicy of the Canary.",
                };
            }
        });
    },
});

/** Services of the mesh that have pods and are not those of gateways. */
export function servicesOf(stack: StackResources): readonly Subject[] {
    return stack.collect("services of the mesh", stack.all("core/Service"), (service) => {
        const selector = labelsAt(service.spec, "selector");
        const isInside =
            stack.isMeshed(service.namespace) &&
            isNonEmpty(selector) &&
            stack.gatewaysOf(selector).length === 0;
        return isInside && !isGoverning(stack, service) ? [service] : [];
    });
}

/**
 * Whether a headless Service is only the governing Service of a StatefulSet: clients call the regular Service
 * with the same selector.
 */
function isGoverning(stack: StackResources, service: Subject): boolean {
    const isHeadless = ({ spec }: Subject): boolean => textAt(spec, "clusterIP") === "None";
    const selector = JSON.stringify(sortedLabels(service));
    return (
        isHeadless(service) &&
        stack
            .within(service.namespace, "core/Service")
            .some((other) => !isHeadless(other) && JSON.stringify(sortedLabels(other)) === selector)
    );
}

function sortedLabels({ spec }: Subject): readonly (readonly [string, string])[] {
    return Object.entries(labelsAt(spec, "selector")).sort(([a], [b]) => (a < b ? -1 : 1));
}

function missingOf(
    rules: readonly Subject[],
    ports: readonly Pick<DeclaredPort, "protocol">[],
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
    return ejects ? undefined : "no outlierDetection that ejects failing replicas";
}
