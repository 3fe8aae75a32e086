import { CANARY } from "../../core/canary";
import { type Exception, EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS } from "../../core/exceptions";
import { durationSeconds } from "../../core/go";
import { at, list, numberAt, isNonEmpty, textAt } from "../../core/read";
import { objectRule } from "../../core/rule";

interface Config {
    readonly exceptions: readonly Exception[];
    /** Maximum number of failed checks before a rollback. */
    readonly maxThreshold: number;
    /** Minimum interval between two checks, in seconds. */
    readonly minIntervalSeconds: number;
}

export const analysis = objectRule<Config>({
    name: "delivery-analysis",
    area: "delivery",
    title: "Every Canary has an analysis with a threshold, so that it rolls back automatically",
    severity: "high",
    why: "without metrics and a threshold, a rollout promotes the new version whatever its error rate",
    remediation:
        "Set an interval, a threshold, metrics, and steps or iterations in spec.analysis, and omit skipAnalysis.",
    appliesTo: [CANARY],
    defaults: { ...NO_EXCEPTIONS, maxThreshold: 20, minIntervalSeconds: 10 },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        maxThreshold: {
            type: "integer",
            description: "maximum number of failed checks before a rollback",
        },
        minIntervalSeconds: {
            type: "integer",
            description:
                "minimum interval between two checks in seconds, so that metrics can reflect the new version",
        },
    },
    examples: {
        noncompliant: `
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: { name: carts, namespace: shop }
spec: { targetRef: { kind: Deployment, name: carts }, skipAnalysis: true }
`,
        compliant: `
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: { name: carts, namespace: shop }
spec:
  targetRef: { kind: Deployment, name: carts }
  analysis: { interval: 1m, threshold: 5, stepWeight: 10, maxWeight: 50, metrics: [{ name: request-success-rate, thresholdRange: { min: 99 } }] }
`,
    },
    *evaluate(subject, config) {
        if (subject.isPatch || isExcepted(config, subject)) return;
        const key =
            isNonEmpty(subject.spec["analysis"]) || !isNonEmpty(subject.spec["canaryAnalysis"])
                ? "analysis"
                : "canaryAnalysis";
        const declared = subject.spec[key];
        if (textAt(subject.spec, "skipAnalysis") === "true") {
            yield {
                subject,
                problem: "spec.skipAnalysis is true, so a new version is promoted without analysis",
                fix: "remove it.",
            };
        }
        if (!isNonEmpty(at(declared, "interval"))) {
            yield { subject, problem: `spec.${key}.interval is not set`, fix: "set it, for example to 1m." };
        }
        const seconds = durationSeconds(textAt(declared, "interval") ?? "");
        if (seconds !== undefined && seconds < config.minIntervalSeconds) {
            yield {
                subject,
                problem: `spec.${key}.interval is ${textAt(declared, "interval") ?? ""}, which is too short for metrics`,
                fix: `set it to ${config.minIntervalSeconds}s or more.`,
            };
        }
        const threshold = numberAt(declared, "threshold") ?? 0;
        if (threshold > config.maxThreshold) {
            yield {
                subject,
                problem: `spec.${key}.threshold is ${threshold} failed checks, which is too many to roll back a failing version`,
                fix: `set it to ${config.maxThreshold} or less.`,
            };
        }
        if (threshold < 1) {
            yield {
                subject,
                problem: `spec.${key}.threshold is not a number of failed checks, so the new version is never rolled back`,
                fix: "set it, for example to 5.",
            };
        }
        if (list(at(declared, "metrics")).length === 0) {
            yield {
                subject,
                problem: `spec.${key}.metrics is empty, so no check can fail`,
                fix: "add metrics with a thresholdRange, such as request-success-rate.",
            };
        }
        for (const [index, metric] of list(at(declared, "metrics")).entries()) {
            const path = `spec.${key}.metrics[${index}]`;
            const problem = whyNever(metric);
            if (problem === undefined) continue;
            yield {
                subject,
                problem: `${path} ${problem}`,
                fix: "set thresholdRange.min or max to the SLO of the version.",
            };
        }
        const provider = textAt(subject.spec, "provider") ?? "istio";
        if (provider !== "istio" && !provider.startsWith("gatewayapi:")) {
            yield {
                subject,
                problem: `spec.provider is ${provider}, which shifts no traffic in an Istio mesh`,
                fix: "remove it, or set it to istio.",
            };
        }
        const first = numberAt(list(at(declared, "stepWeights"))[0]) ?? numberAt(declared, "stepWeight") ?? 0;
        if (first > 50) {
            yield {
                subject,
                problem: `spec.${key} sends ${first} % of requests to a new version in its first step`,
                fix: "start with a small weight, such as 5.",
            };
        }
        const paced = ["stepWeights", "iterations", "stepWeight"].some((field) =>
            isNonEmpty(at(declared, field)),
        );
        if (paced) return;
        yield {
            subject,
            problem: `spec.${key} has neither weights nor iterations, so all traffic shifts in one step`,
            fix: "set stepWeight and maxWeight, or iterations.",
        };
    },
});

/** Why a metric check can never fail; undefined if it can. */
function whyNever(metric: unknown): string | undefined {
    const range = at(metric, "thresholdRange");
    if (!isNonEmpty(range) && !isNonEmpty(at(metric, "threshold")))
        return "has no thresholdRange, so it never fails";
    const min = numberAt(range, "min");
    const max = numberAt(range, "max");
    if (max !== undefined && max < MAX_METRIC_VALUE) return undefined;
    // Percentages, durations and counts are never negative.
    if (min !== undefined && min > 0) return undefined;
    if (min === undefined && max === undefined) return undefined;
    return max === undefined
        ? `only has thresholdRange.min ${min ?? 0}, which no value is below, so it never fails`
        : `has thresholdRange.max ${max}, which no value is above, so it never fails`;
}

/** Larger than any percentage, or any duration in milliseconds within a rollout. */
const MAX_METRIC_VALUE = 1_000_000;
