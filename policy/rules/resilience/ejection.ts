import { EXCEPTIONS_SCHEMA, isExcepted, type Exception, NO_EXCEPTIONS } from "../../core/exceptions";
import { isInMesh } from "../../core/hosts";
import { at, numberAt, says, textAt } from "../../core/read";
import { objectRule } from "../../core/rule";
import { trafficPolicies } from "../../core/traffic-policies";

interface Config {
    readonly exceptions: readonly Exception[];
    readonly maximum: number;
}

export const ejection = objectRule<Config>({
    name: "resilience-ejection",
    area: "resilience",
    title: "Outlier detection never ejects a whole pool",
    severity: "medium",
    why: "when all replicas fail a little, ejecting all of them makes an outage of it",
    remedy: "Keep maxEjectionPercent to half of the replicas or less.",
    judges: ["networking.istio.io/DestinationRule"],
    defaults: { ...NO_EXCEPTIONS, maximum: 50 },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        maximum: { type: "integer", minimum: 1, maximum: 99, description: "percent of a service's replicas" },
    },
    examples: {
        refused: `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: carts, namespace: shop }
spec: { host: carts, exportTo: ["."], trafficPolicy: { outlierDetection: { consecutive5xxErrors: 1, maxEjectionPercent: 100 } } }
`,
        accepted: `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: carts, namespace: shop }
spec: { host: carts, exportTo: ["."], trafficPolicy: { outlierDetection: { consecutive5xxErrors: 5, maxEjectionPercent: 50 } } }
`,
    },
    *judge(subject, config) {
        // A host outside is one place: giving it up for a while is the breaker's purpose.
        if (!isInMesh(textAt(subject.spec, "host") ?? "") || isExcepted(config, subject)) return;
        for (const [path, policy] of trafficPolicies(subject.spec)) {
            const detection = at(policy, "outlierDetection");
            const percent = numberAt(detection, "maxEjectionPercent");
            if (!says(detection) || percent === undefined || percent <= config.maximum) continue;
            yield {
                subject,
                wrong: `${path}.outlierDetection.maxEjectionPercent is ${percent}, and ${config.maximum} is the most that may go`,
                fix: `set it to ${config.maximum} or less.`,
            };
        }
    },
});
