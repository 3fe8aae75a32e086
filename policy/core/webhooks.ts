/** Sidecar injection webhooks: which pods they select, and which service they call. */
import { at, fields, labelsAt, list, isNonEmpty, textAt, texts } from "./read";
import { type Subject } from "./subject";

export const MUTATING = "admissionregistration.k8s.io/MutatingWebhookConfiguration";
export const VALIDATING = "admissionregistration.k8s.io/ValidatingWebhookConfiguration";

type Labels = Readonly<Record<string, string>>;

export interface Webhook {
    /** Path in the object, for messages: `webhooks[0]`. */
    readonly path: string;
    readonly fields: unknown;
}

export function webhooksOf({ props }: Subject): readonly Webhook[] {
    return list(props["webhooks"]).map((fields, index) => ({ path: `webhooks[${index}]`, fields }));
}

/** Whether a configuration is an injector of Istio, by its name, its labels, or its webhooks' names. */
export function isInjector(subject: Subject): boolean {
    if (subject.id !== MUTATING) return false;
    const { labels } = subject;
    return (
        /^istio-(sidecar-injector|revision-tag)/.test(subject.name) ||
        labels["app"] === "sidecar-injector" ||
        "istio.io/tag" in labels ||
        "istio.io/rev" in labels ||
        webhooksOf(subject).some(({ fields }) => (textAt(fields, "name") ?? "").endsWith(".istio.io"))
    );
}

/** Whether a configuration is Istio's validation webhook. */
export function isValidator(subject: Subject): boolean {
    return (
        subject.id === VALIDATING &&
        (/^istio-?(validator|istio|d)/.test(subject.name) ||
            subject.labels["app"] === "istiod" ||
            webhooksOf(subject).some(({ fields }) => (textAt(fields, "name") ?? "").endsWith(".istio.io")))
    );
}

/** Whether a webhook is called when a pod with these labels is created in a namespace with these labels. */
export function isCalledFor({ fields }: Webhook, namespace: Labels, pod: Labels): boolean {
    return (
        coversPods(fields) &&
        selectsBy(at(fields, "namespaceSelector"), namespace) &&
        selectsBy(at(fields, "objectSelector"), pod)
    );
}

/** Whether its rules include the creation of pods. */
export function coversPods(webhook: unknown): boolean {
    return list(at(webhook, "rules")).some((rule) => {
        const has = (field: string, ...words: readonly string[]): boolean =>
            texts(at(rule, field)).some((word) => word === "*" || words.includes(word));
        return (
            has("apiGroups", "") &&
            has("apiVersions", "v1") &&
            has("operations", "CREATE") &&
            has("resources", "pods", "*/*", "pods/*") &&
            textAt(rule, "scope") !== "Cluster"
        );
    });
}

/** A Kubernetes label selector; an empty one selects everything. */
export function selectsBy(selector: unknown, labels: Labels): boolean {
    const isEqual = Object.entries(labelsAt(selector, "matchLabels")).every(
        ([key, value]) => labels[key] === value,
    );
    return (
        isEqual &&
        list(at(selector, "matchExpressions")).every((expression) => matchesExpression(expression, labels))
    );
}

function matchesExpression(expression: unknown, labels: Labels): boolean {
    const value = labels[textAt(expression, "key") ?? ""];
    const values = texts(at(expression, "values"));
    switch (textAt(expression, "operator") ?? "") {
        case "In":
            return value !== undefined && values.includes(value);
        case "NotIn":
            return value === undefined || !values.includes(value);
        case "Exists":
            return value !== undefined;
        case "DoesNotExist":
            return value === undefined;
        default:
            // The API server rejects such an object.
            return false;
    }
}

/** Label keys in both selectors of a webhook. */
export function keysIn(webhook: unknown): readonly string[] {
    return ["namespaceSelector", "objectSelector"].flatMap((field) => [
        ...Object.keys(fields(at(webhook, field, "matchLabels"))),
        ...list(at(webhook, field, "matchExpressions")).map((expression) => textAt(expression, "key") ?? ""),
    ]);
}

/**
 * Revisions and tags for which a configuration injects sidecars. `istio-injection` selects the revision
 * `default`.
 */
export function revisionsInjectedBy(subject: Subject): readonly string[] {
    const named = ["istio.io/tag", "istio.io/rev"].flatMap((label) => subject.labels[label] ?? []);
    const webhooks = webhooksOf(subject).filter(({ fields }) => !isNonEmpty(at(fields, "matchConditions")));
    return named.filter((revision) =>
        namespacesOf(revision).some((namespace) =>
            webhooks.some((webhook) => isCalledFor(webhook, namespace, {})),
        ),
    );
}

/** Namespace labels that select a revision. */
export function namespacesOf(revision: string): readonly Labels[] {
    const byRevision = { "istio.io/rev": revision };
    return revision === "default" ? [{ "istio-injection": "enabled" }, byRevision] : [byRevision];
}
