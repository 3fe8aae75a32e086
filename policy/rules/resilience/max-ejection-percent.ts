import { EXCEPTIONS_SCHEMA, isExcepted, type Exception, NO_EXCEPTIONS } from "../../core/exceptions";
import { isInMesh } from "../../core/hosts";
import { at, numberAt, isNonEmpty, textAt } from "../../core/read";
import { objectRule } from "../../core/rule";
import { trafficPolicies } from "../../core/traffic-policies";

interface Config {
    readonly exceptions: readonly Exception[];
    readonly maximum: number;
}

export const maxEjectionPercent = objectRule<Config>({
    name: "resilience-max-ejection-percent",
    area: "resilience",
    title: "Outlier detection never ejects all replicas",
    severity: "medium",
    why: "if all replicas have a few errors, ejecting all of them turns the errors into an outage",
    remediation: "Set maxEjectionPercent to half of the replicas or less.",
    appliesTo: ["networking.istio.io/DestinationRule"],
    defaults: { ...NO_EXCEPTIONS, maximum: 50 },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        maximum: {
            type: "integer",
            minimum: 1,
            maximum: 99,
            description: "maximum percentage of a service's replicas",
        },
    },
    examples: {
        noncompliant: `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: carts, namespace: shop }
spec: { host: carts, exportTo: ["."], trafficPolicy: { outlierDetection: { consecutive5xxErrors: 1, maxEjectionPercent: 100 } } }
`,
        compliant: `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: carts, namespace: shop }
spec: { host: carts, exportTo: ["."], trafficPolicy: { outlierDetection: { consecutive5xxErrors: 5, maxEjectionPercent: 50 } } }
`,
    },
    *evaluate(subject, config) {
        // An external host has a single endpoint, which the circuit breaker may eject.
        if (!isInMesh(textAt(subject.spec, "host") ?? "") || isExcepted(config, subject)) return;
        for (const [path, policy] of trafficPolicies(subject.spec)) {
            const detection = at(policy, "outlierDetection");
            const percent = numberAt(detection, "maxEjectionPercent");
            if (!isNonEmpty(detection) || percent === undefined || percent <= config.maximum) continue;
            yield {
                subject,
                problem: `${path}.outlierDetection.maxEjectionPercent is ${percent}; the maximum is ${config.maximum}`,
                fix: `set it to ${config.maximum} or less.`,
            };
        }
    },
});
