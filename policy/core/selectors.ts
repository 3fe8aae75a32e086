/** Distinguishes selectors for specific pods or namespaces from selectors that match nearly all of them. */
import { at, fields, list, textAt, texts } from "./read";

/** Labels that injection, charts and controllers set on all pods or namespaces. */
const COMMON_LABELS: readonly RegExp[] = [
    /^istio-injection$/,
    /^(.*\.)?istio\.io\//,
    /^pod-security\.kubernetes\.io\//,
    /^app\.kubernetes\.io\/(managed-by|part-of|version)$/,
    /^helm\.sh\/chart$/,
    /^(heritage|release|pod-template-hash|controller-revision-hash|pod-template-generation)$/,
    /^kubernetes\.io\/os$/,
];

/**
 * Whether a selector requires a specific label value. Negative expressions, `Exists`, and labels that all
 * pods or namespaces have match nearly everything.
 */
export function isSpecific(selector: unknown): boolean {
    const labels = Object.keys(fields(at(selector, "matchLabels")));
    const expressions = list(at(selector, "matchExpressions"))
        .filter(
            (expression) =>
                textAt(expression, "operator") === "In" && texts(at(expression, "values")).length > 0,
        )
        .map((expression) => textAt(expression, "key") ?? "");
    return [...labels, ...expressions].some((key) => !COMMON_LABELS.some((known) => known.test(key)));
}
