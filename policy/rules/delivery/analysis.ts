import { CANARY } from "../../core/canary";
import { type Exception, EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS } from "../../core/exceptions";
import { at, list, numberAt, says, textAt } from "../../core/read";
import { objectRule } from "../../core/rule";

interface Config {
    readonly exceptions: readonly Exception[];
    /** Failed checks after which a version goes back, at most. */
    readonly maxThreshold: number;
    /** Seconds between two checks, at least. */
    readonly minIntervalSeconds: number;
}

export const analysis = objectRule<Config>({
    name: "delivery-analysis",
    area: "delivery",
    title: "A Canary is analysed, has a threshold, and so goes back by itself",
    severity: "high",
    why: "without metrics and a threshold a rollout is a countdown to production, whatever the new version does",
    remedy: "Give spec.analysis an interval, a threshold, metrics, and steps or iterations; leave skipAnalysis out.",
    judges: [CANARY],
    defaults: { ...NO_EXCEPTIONS, maxThreshold: 20, minIntervalSeconds: 10 },
    schema: {
        exceptions: EXCEPTIONS_SCHEMA,
        maxThreshold: {
            type: "integer",
            description: "the largest number of failed checks before a version goes back",
        },
        minIntervalSeconds: {
            type: "integer",
            description:
                "the shortest time between two checks, in seconds: metrics need some to say anything",
        },
    },
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
        const seconds = secondsOf(textAt(found, "interval") ?? "");
        if (seconds !== undefined && seconds < config.minIntervalSeconds) {
            yield {
                subject,
                wrong: `spec.${key}.interval is ${textAt(found, "interval") ?? ""}, in which metrics say nothing yet`,
                fix: `set it to ${config.minIntervalSeconds}s or more.`,
            };
        }
        const threshold = numberAt(found, "threshold") ?? 0;
        if (threshold > config.maxThreshold) {
            yield {
                subject,
                wrong: `spec.${key}.threshold is ${threshold} failed checks, so that a version that fails stays`,
                fix: `set it to ${config.maxThreshold} or less.`,
            };
        }
        if (threshold < 1) {
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
            const path = `spec.${key}.metrics[${index}]`;
            const wrong = whyNever(metric);
            if (wrong === undefined) continue;
            yield {
                subject,
                wrong: `${path} ${wrong}`,
                fix: "set thresholdRange.min or max to what a version must keep.",
            };
        }
        const provider = textAt(subject.spec, "provider") ?? "istio";
        if (provider !== "istio" && !provider.startsWith("gatewayapi:")) {
            yield {
                subject,
                wrong: `spec.provider is ${provider}, by which nobody leads a share of requests to the new version`,
                fix: "remove it, or set it to istio.",
            };
        }
        const first = numberAt(list(at(found, "stepWeights"))[0]) ?? numberAt(found, "stepWeight") ?? 0;
        if (first > 50) {
            yield {
                subject,
                wrong: `spec.${key} leads ${first} % of requests to a new version in its first step`,
                fix: "begin with a small share, such as 5.",
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

/** Why a check of a metric never fails; undefined where it can. */
function whyNever(metric: unknown): string | undefined {
    const range = at(metric, "thresholdRange");
    if (!says(range) && !says(at(metric, "threshold"))) return "has no thresholdRange, so it never fails";
    const min = numberAt(range, "min");
    const max = numberAt(range, "max");
    if (max !== undefined && max < LARGEST) return undefined;
    // Shares, durations and counts are never below nothing.
    if (min !== undefined && min > 0) return undefined;
    if (min === undefined && max === undefined) return undefined;
    return max === undefined
        ? `has the thresholdRange.min ${min ?? 0} alone, which no measure is below, so it never fails`
        : `has the thresholdRange.max ${max}, which no measure is above, so it never fails`;
}

/** Larger than any share in percent, or duration in milliseconds, that a rollout would wait for. */
const LARGEST = 1_000_000;

/** Of Go's durations; undefined where it is none. */
function secondsOf(duration: string): number | undefined {
    const parts = [...duration.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
    if (parts.length === 0 || parts.map(([part]) => part).join("") !== duration) return undefined;
    const unit: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };
    return parts.reduce((sum, [, number, name]) => sum + Number(number) * (unit[name ?? ""] ?? 0), 0);
}
