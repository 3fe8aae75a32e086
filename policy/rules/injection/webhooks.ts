import { EXCEPTIONS_SCHEMA, isExcepted, NO_EXCEPTIONS, type WithExceptions } from "../../core/exceptions";
import { type Injector, injectorOf } from "../../core/injector";
import { at, says, textAt, texts } from "../../core/read";
import { type Finding, objectRule } from "../../core/rule";
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

/** Labels by which Istio's own webhooks select, and the one that Kubernetes gives every namespace. */
const KNOWN_KEYS: ReadonlySet<string> = new Set([
    "istio-injection",
    "istio.io/rev",
    "istio.io/deactivated",
    "kubernetes.io/metadata.name",
    "sidecar.istio.io/inject",
]);

const FIX_WEBHOOK = "write the webhook as `istioctl tag generate` or istiod's chart writes it.";

export const webhooks = objectRule<WithExceptions>({
    name: "injection-webhooks",
    area: "injection",
    title: "Istio's webhooks and its injector's ConfigMap are as Istio makes them",
    severity: "critical",
    why: "a webhook that selects nobody, or that another server answers, leaves pods without a sidecar while every label says that they have one",
    remedy: "Leave selectors, rules, failurePolicy and clientConfig of these webhooks as Istio makes them, and the injector's ConfigMap to its chart.",
    judges: [MUTATING, VALIDATING, "core/ConfigMap"],
    defaults: NO_EXCEPTIONS,
    schema: { exceptions: EXCEPTIONS_SCHEMA },
    examples: {
        refused: `
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingWebhookConfiguration
metadata: { name: istio-revision-tag-stable, labels: { istio.io/tag: stable } }
webhooks:
  - name: rev.namespace.sidecar-injector.istio.io
    clientConfig: { service: { name: istiod, namespace: istio-system, path: /inject } }
    namespaceSelector: { matchLabels: { nobody: here } }
    rules: [{ apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods] }]
    failurePolicy: Fail
`,
        accepted: `
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
    *judge(subject, config) {
        const injects = isInjector(subject);
        if (!injects && !isValidator(subject)) {
            const injector = injectorOf(subject);
            if (injector !== undefined && !isExcepted(config, subject))
                yield* judgeConfigMap(subject, injector);
            return;
        }
        if (isExcepted(config, subject)) return;
        const all = webhooksOf(subject);
        const isSaid = subject.props["webhooks"] !== undefined || !subject.isPatch;
        if (all.length === 0 && isSaid) {
            yield {
                subject,
                wrong: "it has no webhooks, so nothing is injected or validated",
                fix: FIX_WEBHOOK,
            };
            return;
        }
        for (const webhook of all) yield* judgeWebhook(subject, webhook, injects);
        if (injects && !subject.isPatch) yield* judgeSelection(subject, all);
    },
});

function* judgeWebhook(subject: Subject, { path, fields }: Webhook, injects: boolean): Iterable<Finding> {
    const client = at(fields, "clientConfig");
    const say = (wrong: string): Finding => ({ subject, wrong: `${path}.${wrong}`, fix: FIX_WEBHOOK });
    if (says(at(client, "url")))
        yield say(`clientConfig.url sends every object to ${textAt(client, "url") ?? ""}`);
    const service = textAt(client, "service", "name");
    if (service !== undefined && !service.startsWith("istiod"))
        yield say(`clientConfig.service is ${service}, which is not istiod`);
    const called = textAt(client, "service", "path");
    if (called !== undefined && !(injects ? /^\/inject(\/|$)/ : /^\/validate(\/|$)/).test(called))
        yield say(
            `clientConfig.service.path is ${called}, where istiod does not ${injects ? "inject" : "validate"}`,
        );
    if (textAt(fields, "failurePolicy") === "Ignore") {
        const effect = injects
            ? "pods start without a sidecar"
            : "policies that nobody has checked are accepted";
        yield say(`failurePolicy is Ignore, so ${effect} while istiod is away`);
    }
    if (says(at(fields, "matchConditions")))
        yield say("matchConditions leave out what no policy can tell from them");
    const unknown = keysIn(fields).filter((key) => !KNOWN_KEYS.has(key));
    if (unknown.length > 0)
        yield say(
            `its selectors name ${unknown.join(", ")}, so objects are left out by labels that anybody sets`,
        );
}

/** Every revision that it bears the name of must be injected by one of its webhooks. */
function* judgeSelection(subject: Subject, all: readonly Webhook[]): Iterable<Finding> {
    const { labels } = subject;
    const tag = labels["istio.io/tag"];
    const revision = tag ?? labels["istio.io/rev"] ?? "default";
    for (const namespace of namespacesOf(revision).slice(0, 1)) {
        if (all.some((webhook) => isCalledFor(webhook, namespace, {}))) continue;
        const label = Object.entries(namespace).map(([key, value]) => `${key}: ${value}`)[0] ?? "";
        yield {
            subject,
            wrong: `no webhook of it is called for the pods of a namespace that is labelled ${label}, so nothing is injected there`,
            fix: FIX_WEBHOOK,
        };
    }
}

function* judgeConfigMap(subject: Subject, { config }: Injector): Iterable<Finding> {
    const fix = "leave this ConfigMap to istiod's chart.";
    const policy = textAt(config, "policy");
    if (policy !== undefined && policy !== "enabled")
        yield { subject, wrong: `data.config.policy is ${policy}, so nothing is injected`, fix };
    if (says(config["neverInjectSelector"]))
        yield { subject, wrong: "data.config.neverInjectSelector leaves pods out", fix };
    if (says(config["aliases"]) && says(at(config, "aliases", "sidecar")))
        yield { subject, wrong: "data.config.aliases has other templates stand for sidecar", fix };
    const templates = texts(config["defaultTemplates"]);
    if (templates.length > 0 && !templates.includes("sidecar"))
        yield { subject, wrong: "data.config.defaultTemplates injects something else than a sidecar", fix };
    if (
        config["templates"] !== undefined &&
        !/name: istio-proxy\b/.test(textAt(config, "templates", "sidecar") ?? "")
    )
        yield { subject, wrong: "data.config.templates.sidecar injects no container istio-proxy", fix };
    if (subject.isPatch && config["templates"] !== undefined)
        yield {
            subject,
            wrong: "data.config.templates replaces Istio's own templates, and no policy reads them",
            fix,
        };
}
