/** Parses AuthorizationPolicies into rules. */
import { parseBool } from "./go";
import { type Fields, at, fields, labelsAt, list, isNonEmpty, textAt, texts } from "./read";
import { type Subject } from "./subject";

export const AUTHORIZATION = "security.istio.io/AuthorizationPolicy";

export interface AuthorizationRule {
    /** Path in the object: `spec.rules[2]`. */
    readonly path: string;
    readonly sources: readonly RuleEntry[];
    readonly operations: readonly RuleEntry[];
    readonly conditions: readonly Condition[];
}

export interface RuleEntry {
    readonly path: string;
    readonly fields: Fields;
}

export interface Condition {
    readonly key: string;
    readonly values: readonly string[];
    readonly notValues: readonly string[];
}

export function actionOf({ spec }: Subject): string {
    return textAt(spec, "action") ?? "ALLOW";
}

/** Labels of the pods that the policy selects; empty if it applies to the whole namespace. */
export function selectorOf({ spec }: Subject): Readonly<Record<string, string>> {
    return labelsAt(spec, "selector", "matchLabels");
}

/** Whether the policy is attached to something other than pods of its namespace, such as a Kubernetes Gateway. */
export function hasTargetRef({ spec }: Subject): boolean {
    return isNonEmpty(spec["targetRefs"]) || isNonEmpty(spec["targetRef"]);
}

export function rulesOf({ spec }: Subject): readonly AuthorizationRule[] {
    return list(spec["rules"]).map((rule, index) => {
        const path = `spec.rules[${index}]`;
        return {
            path,
            sources: list(at(rule, "from")).map((from, place) => ({
                path: `${path}.from[${place}].source`,
                fields: fields(at(from, "source")),
            })),
            operations: list(at(rule, "to")).map((to, place) => ({
                path: `${path}.to[${place}].operation`,
                fields: fields(at(to, "operation")),
            })),
            conditions: list(at(rule, "when")).map((when) => ({
                key: textAt(when, "key") ?? "",
                values: texts(at(when, "values")),
                notValues: texts(at(when, "notValues")),
            })),
        };
    });
}

/** Whether a policy denies everything by default: an enforced ALLOW without rules for every pod of the namespace. */
export function isDenyAll(policy: Subject): boolean {
    return (
        actionOf(policy) === "ALLOW" &&
        rulesOf(policy).length === 0 &&
        Object.keys(selectorOf(policy)).length === 0 &&
        !hasTargetRef(policy) &&
        !isDryRun(policy)
    );
}

export const DRY_RUN = "istio.io/dry-run";

/** istiod reads the annotation with `strconv.ParseBool`; a value that fails to parse does not enable dry run. */
export function isDryRun({ annotations }: Subject): boolean {
    return parseBool(annotations[DRY_RUN] ?? "") === true;
}

/** Whether a source requires a service account, the identity that mutual TLS proves. */
export function namesServiceAccount(source: Fields): boolean {
    return texts(source["principals"]).length > 0 || texts(source["serviceAccounts"]).length > 0;
}

/** Whether a source requires a JWT. */
export function requiresToken(source: Fields): boolean {
    return texts(source["requestPrincipals"]).length > 0;
}

/** Whether a rule allows only requests with a JWT: it lists sources, and each of them requires one. */
export function alwaysRequiresToken({ sources }: AuthorizationRule): boolean {
    return sources.length > 0 && sources.every(({ fields: source }) => requiresToken(source));
}
