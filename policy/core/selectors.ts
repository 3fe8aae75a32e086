/** Whether a selector names pods or namespaces, or only writes "all of them" in another way. */
import { at, fields, list, textAt, texts } from "./read";

/** Labels that injection, charts and controllers put on all pods or namespaces alike. */
const SHARED: readonly RegExp[] = [
    /^istio-injection$/,
    /^(.*\.)?istio\.io\//,
    /^pod-security\.kubernetes\.io\//,
    /^app\.kubernetes\.io\/(managed-by|part-of|version)$/,
    /^helm\.sh\/chart$/,
    /^(heritage|release|pod-template-hash|controller-revision-hash|pod-template-generation)$/,
    /^kubernetes\.io\/os$/,
];

/**
 * Whether a selector says what somebody must be. By what he must not be, by a label that he must have with any value, or
 * by a label that all have, it is nearly everybody.
 */
export function namesSome(selector: unknown): boolean {
    const labels = Object.keys(fields(at(selector, "matchLabels")));
    const expressions = list(at(selector, "matchExpressions"))
        .filter(
            (expression) =>
                textAt(expression, "operator") === "In" && texts(at(expression, "values")).length > 0,
        )
        .map((expression) => textAt(expression, "key") ?? "");
    return [...labels, ...expressions].some((key) => !SHARED.some((known) => known.test(key)));
}
