/** AuthorizationPolicies, read rule by rule. */
import { parseBool } from "./go";
import { type Fields, at, fields, labelsAt, list, says, textAt, texts } from "./read";
import { type Subject } from "./subject";

export const AUTHORIZATION = "security.istio.io/AuthorizationPolicy";

export interface AuthorizationRule {
    /** Where it stands: `spec.rules[2]`. */
    readonly path: string;
    readonly sources: readonly Placed[];
    readonly operations: readonly Placed[];
    readonly conditions: readonly Condition[];
}

export interface Placed {
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

/** Labels of the pods that it holds for; none where it holds for the whole namespace. */
export function selectorOf({ spec }: Subject): Readonly<Record<string, string>> {
    return labelsAt(spec, "selector", "matchLabels");
}

/** Whether it is bound to something else than pods of its namespace, such as a Kubernetes Gateway. */
export function isTargeted({ spec }: Subject): boolean {
    return says(spec["targetRefs"]) || says(spec["targetRef"]);
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

/** Whether it is a policy that lets nobody in: an ALLOW without rules, for every pod of the namespace, in force. */
export function isDenyAll(policy: Subject): boolean {
    return (
        actionOf(policy) === "ALLOW" &&
        rulesOf(policy).length === 0 &&
        Object.keys(selectorOf(policy)).length === 0 &&
        !isTargeted(policy) &&
        !isDryRun(policy)
    );
}

export const DRY_RUN = "istio.io/dry-run";

/** istiod reads the annotation by `strconv.ParseBool`; what that does not know is no dry run. */
export function isDryRun({ annotations }: Subject): boolean {
    return parseBool(annotations[DRY_RUN] ?? "") === true;
}

/** Whether a source names somebody by what mutual TLS proves: a service account. */
export function namesAccount(source: Fields): boolean {
    return texts(source["principals"]).length > 0 || texts(source["serviceAccounts"]).length > 0;
}

/** Whether a source asks for a token. */
export function asksForToken(source: Fields): boolean {
    return texts(source["requestPrincipals"]).length > 0;
}

/** Whether nobody gets in by a rule without a token: it names sources, and each asks for one. */
export function alwaysAsksForToken({ sources }: AuthorizationRule): boolean {
    return sources.length > 0 && sources.every(({ fields: source }) => asksForToken(source));
}
