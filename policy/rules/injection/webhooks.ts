import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { type Injector, injectorOf } from "../../core/injector";
import { at, isNonEmpty, textAt, texts } from "../../core/read";
import { type Violation, objectRule } from "../../core/rule";
import { type Subject } from "../../core/subject";
import {
    isCalledFor,
    isInjector,
    isValidator,
    keysIn,
    MUTATING,
    namespacesOf,
    VALIDATING,
    type Webhook,
    webhooksOf,
} from "../../core/webhooks";

/** Labels in the selectors of Istio's webhooks, and the label that Kubernetes sets on every namespace. */
const KNOWN_KEYS: ReadonlySet<string> = new Set([
    "istio-injection",
    "istio.io/rev",
    "istio.io/deactivated",
    "kubernetes.io/metadata.name",
    "sidecar.istio.io/inject",
]);

const FIX_WEBHOOK = "use the webhook that `istioctl tag generate` or istiod's chart generates.";

export const webhooks = objectRule<WithExceptions>({
    name: "injection-webhooks",
    area: "injection",
    title: "Istio's webhooks and the injector's ConfigMap are unchanged",
    severity: "critical",
    why: "a webhook that selects no pods, or that calls another server, leaves pods without a sidecar although their labels enable one",
    remediation:
        "Do not change selectors, rules, failurePolicy and clientConfig of these webhooks, and let istiod's chart manage the injector's ConfigMap.",
    appliesTo: [MUTATING, VALIDATING, "core/ConfigMap"],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        noncompliant: `
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: { name: istio-revision-tag-stable, labels: { istio.io/tag: stable } }
webhooks:
  - name: rev.namespace.sidecar-injector.istio.io
    clientConfig: { service: { name: istiod, namespace: istio-system, path: /inject } }
    namespaceSelector: { matchLabels: { team: none } }
    rules: [{ apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods] }]
    failurePolicy: Fail
`,
        compliant: `
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: { name: istio-revision-tag-stable, labels: { istio.io/tag: stable } }
webhooks:
  - name: rev.namespace.sidecar-injector.istio.io
    clientConfig: { service: { name: istiod, namespace: istio-system, path: /inject } }
    namespaceSelector: { matchLabels: { istio.io/rev: stable } }
    rules: [{ apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods] }]
    failurePolicy: Fail
`,
    },
    *evaluate(subject, config) {
        const injects = isInjector(subject);
        if (!injects && !isValidator(subject)) {
            const injector = injectorOf(subject);
            if (injector !== undefined && !isExcepted(config, subject))
                yield* evaluateConfigMap(subject, injector);
            return;
        }
        if (isExcepted(config, subject)) return;
        const all = webhooksOf(subject);
        const isDeclared = subject.props["webhooks"] !== undefined || !subject.isPatch;
        if (all.length === 0 && isDeclared) {
            yield {
                subject,
                problem: "it has no webhooks, so nothing is injected or validated",
                fix: FIX_WEBHOOK,
            };
            return;
        }
        for (const webhook of all) yield* evaluateWebhook(subject, webhook, injects);
        if (injects && !subject.isPatch) yield* evaluateSelection(subject, all);
    },
});

function* evaluateWebhook(
    subject: Subject,
    { path, fields }: Webhook,
    injects: boolean,
): Iterable<Violation> {
    const client = at(fields, "clientConfig");
    const violation = (problem: string): Violation => ({
        subject,
        problem: `${path}.${problem}`,
        fix: FIX_WEBHOOK,
    });
    if (isNonEmpty(at(client, "url")))
        yield violation(`clientConfig.url sends every object to ${textAt(client, "url") ?? ""}`);
    const service = textAt(client, "service", "name");
    if (service !== undefined && !service.startsWith("istiod"))
        yield violation(`clientConfig.service is ${service}, which is not istiod`);
    const called = textAt(client, "service", "path");
    if (called !== undefined && !(injects ? /^\/inject(\/|$)/ : /^\/validate(\/|$)/).test(called))
        yield violation(
            `clientConfig.service.path is ${called}, which is not istiod's path to ${injects ? "inject" : "validate"}`,
        );
    if (textAt(fields, "failurePolicy") === "Ignore") {
        const effect = injects ? "pods start without a sidecar" : "unvalidated policies are accepted";
        yield violation(`failurePolicy is Ignore, so ${effect} while istiod is unavailable`);
    }
    if (isNonEmpty(at(fields, "matchConditions")))
        yield violation("matchConditions exclude objects with an expression that no policy can evaluate");
    const unknown = keysIn(fields).filter((key) => !KNOWN_KEYS.has(key));
    if (unknown.length > 0)
        yield violation(
            `its selectors use ${unknown.join(", ")}, so anyone can exclude objects with a label`,
        );
}

/** Each revision of the configuration must be injected by one of its webhooks. */
function* evaluateSelection(subject: Subject, all: readonly Webhook[]): Iterable<Violation> {
    const { labels } = subject;
    const tag = labels["istio.io/tag"];
    const revision = tag ?? labels["istio.io/rev"] ?? "default";
    for (const namespace of namespacesOf(revision).slice(0, 1)) {
        if (all.some((webhook) => isCalledFor(webhook, namespace, {}))) continue;
        const label = Object.entries(namespace).map(([key, value]) => `${key}: ${value}`)[0] ?? "";
        yield {
            subject,
            problem: `none of its webhooks is called for pods in a namespace with the label ${label}, so nothing is injected there`,
            fix: FIX_WEBHOOK,
        };
    }
}

function* evaluateConfigMap(subject: Subject, { config }: Injector): Iterable<Violation> {
    const fix = "let istiod's chart manage this ConfigMap.";
    const policy = textAt(config, "policy");
    if (policy !== undefined && policy !== "enabled")
        yield { subject, problem: `data.config.policy is ${policy}, so nothing is injected`, fix };
    if (isNonEmpty(config["neverInjectSelector"]))
        yield { subject, problem: "data.config.neverInjectSelector excludes pods from injection", fix };
    if (isNonEmpty(config["aliases"]) && isNonEmpty(at(config, "aliases", "sidecar")))
        yield { subject, problem: "data.config.aliases replaces the template sidecar by another one", fix };
    const templates = texts(config["defaultTemplates"]);
    if (templates.length > 0 && !templates.includes("sidecar"))
        yield { subject, problem: "data.config.defaultTemplates does not include sidecar", fix };
    if (
        config["templates"] !== undefined &&
        !/name: istio-proxy\b/.test(textAt(config, "templates", "sidecar") ?? "")
    )
        yield {
            subject,
            problem: "data.config.templates.sidecar injects no container named istio-proxy",
            fix,
        };
    if (subject.isPatch && config["templates"] !== undefined)
        yield {
            subject,
            problem: "data.config.templates replaces Istio's templates, and no policy can check them",
            fix,
        };
}
