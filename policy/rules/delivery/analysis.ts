import { CANARY } from "../../core/canary";
import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { at, list, numberAt, says, textAt } from "../../core/read";
import { objectRule } from "../../core/rule";

export const analysis = objectRule<WithExceptions>({
    name: "delivery-analysis",
    area: "delivery",
    title: "A Canary is analysed, has a threshold, and so goes back by itself",
    severity: "high",
    why: "without metrics and a threshold a rollout is a countdown to production, whatever the new version does",
    remedy: "Give spec.analysis an interval, a threshold, metrics, and steps or iterations; leave skipAnalysis out.",
    judges: [CANARY],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: { name: carts, namespace: shop }
spec: { targetRef: { kind: Deployment, name: carts }, skipAnalysis: true }
`,
        accepted: `
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: { name: carts, namespace: shop }
spec:
  targetRef: { kind: Deployment, name: carts }
  analysis: { interval: 1m, threshold: 5, stepWeight: 10, maxWeight: 50, metrics: [{ name: request-success-rate, thresholdRange: { min: 99 } }] }
`,
    },
    *judge(subject, config) {
        if (subject.isPatch || isExcepted(config, subject)) return;
        const key =
            says(subject.spec["analysis"]) || !says(subject.spec["canaryAnalysis"])
                ? "analysis"
                : "canaryAnalysis";
        const found = subject.spec[key];
        if (textAt(subject.spec, "skipAnalysis") === "true") {
            yield {
                subject,
                wrong: "spec.skipAnalysis is true, so a new version is promoted unseen",
                fix: "remove it.",
            };
        }
        if (!says(at(found, "interval"))) {
            yield { subject, wrong: `spec.${key}.interval is not set`, fix: "set it, such as 1m." };
        }
        if ((numberAt(found, "threshold") ?? 0) < 1) {
            yield {
                subject,
                wrong: `spec.${key}.threshold is not a number of failed checks, so nothing takes the new version back`,
                fix: "set it, such as 5.",
            };
        }
        if (list(at(found, "metrics")).length === 0) {
            yield {
                subject,
                wrong: `spec.${key}.metrics is empty, so no check can fail`,
                fix: "add metrics with a thresholdRange, such as request-success-rate.",
            };
        }
        for (const [index, metric] of list(at(found, "metrics")).entries()) {
            if (says(at(metric, "thresholdRange")) || says(at(metric, "threshold"))) continue;
            yield {
                subject,
                wrong: `spec.${key}.metrics[${index}] has no thresholdRange, so it never fails`,
                fix: "set thresholdRange.min or max.",
            };
        }
        const paced = ["stepWeights", "iterations", "stepWeight"].some((field) => says(at(found, field)));
        if (paced) return;
        yield {
            subject,
            wrong: `spec.${key} has neither weights nor iterations, so there is nothing between none and all`,
            fix: "set stepWeight and maxWeight, or iterations.",
        };
    },
});
