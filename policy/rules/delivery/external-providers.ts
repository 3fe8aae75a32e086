import { CANARY } from "../../core/canary";
import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { at, list, textAt } from "../../core/read";
import { each, type Violations, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { type StackResources } from "../../core/stack-resources";

const METRICS = "flagger.app/MetricTemplate";
const ALERTS = "flagger.app/AlertProvider";

export const externalProviders = stackRule<WithExceptions>({
    name: "delivery-external-providers",
    area: "delivery",
    title: "Webhooks, metrics and alerts of rollouts use services in the cluster, and metrics measure the new version",
    severity: "high",
    why: "an external webhook or metric provider can promote a version and learns what is deployed; a query without a version does not measure it",
    remediation:
        "Call webhooks and Prometheus by their Services, and use {{ target }}, {{ service }} or {{ namespace }} in queries. List external providers.",
    appliesTo: [CANARY, METRICS, ALERTS, "core/Namespace"],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: flagger.app/v1beta1
kind: MetricTemplate
metadata: { name: errors, namespace: shop }
spec: { provider: { type: prometheus, address: "http://prometheus.monitoring:9090" }, query: "vector(0)" }
---
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: { name: payments, namespace: shop }
spec: { targetRef: { kind: Deployment, name: payments }, analysis: { interval: 1m, threshold: 5, iterations: 5, webhooks: [{ name: approve, type: confirm-promotion, url: "https://gate.example.net/check" }] } }
`,
        compliant: `
apiVersion: flagger.app/v1beta1
kind: MetricTemplate
metadata: { name: errors, namespace: shop }
spec: { provider: { type: prometheus, address: "http://prometheus.monitoring:9090" }, query: 'sum(rate(istio_requests_total{destination_workload="{{ target }}",response_code=~"5.."}[{{ interval }}]))' }
---
apiVersion: flagger.app/v1beta1
kind: Canary
metadata: { name: payments, namespace: shop }
spec: { targetRef: { kind: Deployment, name: payments }, analysis: { interval: 1m, threshold: 5, iterations: 5, webhooks: [{ name: approve, type: confirm-promotion, url: "http://gate.shop/check" }] } }
`,
    },
    *evaluateStack(stack, config) {
        yield* each(stack.all(CANARY), function* (subject) {
            if (subject.isPatch || isExcepted(config, subject)) return;
            for (const key of ["analysis", "canaryAnalysis"]) {
                for (const [index, webhook] of list(at(subject.spec, key, "webhooks")).entries()) {
                    const url = textAt(webhook, "url") ?? "";
                    if (isInside(stack, subject, url)) continue;
                    yield outside(subject, `spec.${key}.webhooks[${index}].url`, url);
                }
            }
        });
        yield* each(stack.all(METRICS), function* (subject) {
            if (!subject.isPatch && !isExcepted(config, subject)) yield* evaluateMetric(stack, subject);
        });
        yield* each(stack.all(ALERTS), function* (subject) {
            if (subject.isPatch || isExcepted(config, subject)) return;
            const address = textAt(subject.spec, "address") ?? "";
            if (address === "" || isInside(stack, subject, address) || isAlertService(address)) return;
            yield outside(subject, "spec.address", address);
        });
    },
});

function* evaluateMetric(stack: StackResources, subject: Subject): Violations {
    const address = textAt(subject.spec, "provider", "address") ?? "";
    const isPrometheus = textAt(subject.spec, "provider", "type") === "prometheus";
    if (isPrometheus && address !== "" && !isInside(stack, subject, address)) {
        yield outside(subject, "spec.provider.address", address);
    }
    const query = textAt(subject.spec, "query") ?? "";
    if (/\{\{\s*(target|service|namespace|ingress|route|variables\.\w+)\s*\}\}/.test(query)) return;
    yield {
        subject,
        problem: `spec.query is ${JSON.stringify(query.length > 60 ? `${query.slice(0, 57)}…` : query)}, which does not depend on the version`,
        fix: "select by {{ target }}, {{ service }} or {{ namespace }}.",
    };
}

function outside(
    subject: Subject,
    path: string,
    url: string,
): { subject: Subject; problem: string; fix: string } {
    return {
        subject,
        problem: `${path} is ${url}, which is an external host`,
        fix: "use a Service of the cluster, or add the object to this policy's exceptions with a reason and an end date.",
    };
}

/** Whether a URL's host is a Service: a short name, one with a namespace of the cluster, or a fully qualified one. */
function isInside(stack: StackResources, { namespace }: Subject, url: string): boolean {
    const host = hostOf(url);
    if (host === undefined) return false;
    const labels = host.split(".");
    if (/\.svc(\.cluster\.local)?$/.test(host) || labels.length === 1) return true;
    // `gates.flagger-system`: top-level domains contain no hyphens, and some are also words (`shop`).
    const [, home = ""] = labels;
    const isNamespace =
        home === namespace ||
        home.includes("-") ||
        stack.all("core/Namespace").some(({ name }) => name === home);
    return labels.length === 2 && (isNamespace || !TOP_LEVEL.test(home));
}

/** Top-level domains that are unlikely names of a namespace in another stack. */
const TOP_LEVEL =
    /^([a-z]{2}|com|net|org|info|biz|dev|app|cloud|site|online|xyz|top|tech|store|page|link|live|zone|email|agency|digital|network|systems|solutions|services|software|run|sh)$/;

function hostOf(url: string): string | undefined {
    try {
        return new URL(url).hostname.toLowerCase().replace(/\.$/, "");
    } catch {
        return undefined;
    }
}

/** Hosts of Flagger's built-in alert providers: https://docs.flagger.app/usage/alerting */
function isAlertService(url: string): boolean {
    const host = hostOf(url) ?? "";
    return /(^|\.)(slack\.com|discord\.com|discordapp\.com|webhook\.office\.com|chat\.googleapis\.com|logic\.azure\.com)$/.test(
        host,
    );
}
