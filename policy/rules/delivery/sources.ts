import { CANARY } from "../../core/canary";
import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { at, list, textAt } from "../../core/read";
import { each, type Findings, stackRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import { type World } from "../../core/world";

const METRICS = "flagger.app/MetricTemplate";
const ALERTS = "flagger.app/AlertProvider";

export const sources = stackRule<WithExceptions>({
    name: "delivery-sources",
    area: "delivery",
    title: "What decides about a version is inside the cluster, and looks at that version",
    severity: "high",
    why: "whoever answers a gate or a query promotes the version, and is told what runs where; a query without a version says nothing of it",
    remedy: "Ask gates and Prometheus by their Services, and query by {{ target }}, {{ service }} or {{ namespace }}. List providers outside.",
    judges: [CANARY, METRICS, ALERTS, "core/Namespace"],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
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
        accepted: `
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
    *judgeStack(world, config) {
        yield* each(world.all(CANARY), function* (subject) {
            if (subject.isPatch || isExcepted(config, subject)) return;
            for (const key of ["analysis", "canaryAnalysis"]) {
                for (const [index, webhook] of list(at(subject.spec, key, "webhooks")).entries()) {
                    const url = textAt(webhook, "url") ?? "";
                    if (isInside(world, subject, url)) continue;
                    yield outside(subject, `spec.${key}.webhooks[${index}].url`, url);
                }
            }
        });
        yield* each(world.all(METRICS), function* (subject) {
            if (!subject.isPatch && !isExcepted(config, subject)) yield* judgeMetric(world, subject);
        });
        yield* each(world.all(ALERTS), function* (subject) {
            if (subject.isPatch || isExcepted(config, subject)) return;
            const address = textAt(subject.spec, "address") ?? "";
            if (address === "" || isInside(world, subject, address) || isChat(address)) return;
            yield outside(subject, "spec.address", address);
        });
    },
});

function* judgeMetric(world: World, subject: Subject): Findings {
    const address = textAt(subject.spec, "provider", "address") ?? "";
    const isPrometheus = textAt(subject.spec, "provider", "type") === "prometheus";
    if (isPrometheus && address !== "" && !isInside(world, subject, address)) {
        yield outside(subject, "spec.provider.address", address);
    }
    const query = textAt(subject.spec, "query") ?? "";
    if (/\{\{\s*(target|service|namespace|ingress|route|variables\.\w+)\s*\}\}/.test(query)) return;
    yield {
        subject,
        wrong: `spec.query is ${JSON.stringify(query.length > 60 ? `${query.slice(0, 57)}…` : query)}, which says the same whatever version is tried`,
        fix: "select by {{ target }}, {{ service }} or {{ namespace }}.",
    };
}

function outside(
    subject: Subject,
    path: string,
    url: string,
): { subject: Subject; wrong: string; fix: string } {
    return {
        subject,
        wrong: `${path} is ${url}, which is outside the cluster`,
        fix: "name a Service of the cluster; or list the object under this policy's exceptions with a reason and an end date.",
    };
}

/** Whether a URL's host is a Service: by its name, with a namespace of the cluster, or in full. */
function isInside(world: World, { namespace }: Subject, url: string): boolean {
    const host = hostOf(url);
    if (host === undefined) return false;
    const labels = host.split(".");
    if (/\.svc(\.cluster\.local)?$/.test(host) || labels.length === 1) return true;
    // `gates.flagger-system`: no top-level domain has a hyphen in it, and some are also words (`shop`).
    const [, home = ""] = labels;
    const isNamespace =
        home === namespace ||
        home.includes("-") ||
        world.all("core/Namespace").some(({ name }) => name === home);
    return labels.length === 2 && (isNamespace || !TOP_LEVEL.test(home));
}

/** What a namespace of another stack is not likely to be called. */
const TOP_LEVEL =
    /^([a-z]{2}|com|net|org|info|biz|dev|app|cloud|site|online|xyz|top|tech|store|page|link|live|zone|email|agency|digital|network|systems|solutions|services|software|run|sh)$/;

function hostOf(url: string): string | undefined {
    try {
        return new URL(url).hostname.toLowerCase().replace(/\.$/, "");
    } catch {
        return undefined;
    }
}

/** Where Flagger's own kinds of providers are: https://docs.flagger.app/usage/alerting */
function isChat(url: string): boolean {
    const host = hostOf(url) ?? "";
    return /(^|\.)(slack\.com|discord\.com|discordapp\.com|webhook\.office\.com|chat\.googleapis\.com|logic\.azure\.com)$/.test(
        host,
    );
}
