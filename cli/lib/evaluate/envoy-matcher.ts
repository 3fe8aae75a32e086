/**
 * Conditions of Envoy's HTTP filters as functions of a request. A condition with a field that this module does not know is
 * undefined: `mesh explain` then reports the filter as not evaluated, instead of evaluating a part of it.
 */
export type Json = Readonly<Record<string, unknown>>;

export interface RequestLine {
    /** With its query. */
    readonly path: string;
    readonly host: string;
}

export type Condition = (request: RequestLine) => boolean;

export const EXTENSIONS = "type.googleapis.com/envoy.extensions";

const always: Condition = () => true;

/** `value` if it is an object without other keys than these. */
export function withOnly(value: unknown, ...keys: readonly string[]): Json | undefined {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
    return Object.keys(value).every((key) => keys.includes(key)) ? (value as Json) : undefined;
}

/** A permission of an RBAC policy. */
export function permission(rule: unknown): Condition | undefined {
    const [[kind, value] = [""]] = Object.entries(withOneKey(rule) ?? {});
    switch (kind) {
        case "any":
            return value === true ? always : undefined;
        case "and_rules":
            return every(conditions(withOnly(value, "rules")?.["rules"], permission));
        case "or_rules":
            return some(conditions(withOnly(value, "rules")?.["rules"], permission));
        case "not_rule":
            return not(permission(value));
        case "url_path": {
            const matches = textMatcher(withOnly(value, "path")?.["path"]);
            return matches && (({ path }) => matches(path.split(/[?#]/, 1)[0] ?? ""));
        }
        case "header": {
            const { name, string_match: matcher } = withOnly(value, "name", "string_match") ?? {};
            return header(name, matcher);
        }
        default:
            return undefined;
    }
}

/**
 * Whether a filter is skipped, from the `xds_matcher` of an ExtensionWithMatcher. Nested matchers and match trees are not
 * evaluated.
 */
export function skipCondition(matcher: unknown): Condition | undefined {
    const { matcher_list: list, on_no_match: otherwise } =
        withOnly(matcher, "matcher_list", "on_no_match") ?? {};
    const { matchers } = withOnly(list, "matchers") ?? {};
    const entries = conditions(matchers, (entry) => {
        const { predicate: when, on_match: outcome } = withOnly(entry, "predicate", "on_match") ?? {};
        return isSkip(outcome) ? predicate(when) : undefined;
    });
    if (entries === undefined || (otherwise !== undefined && !isSkip(otherwise))) return undefined;
    // Every outcome is to skip.
    return otherwise === undefined ? some(entries) : always;
}

function isSkip(outcome: unknown): boolean {
    const action = withOnly(withOnly(outcome, "action")?.["action"], "name", "typed_config");
    const { "@type": type } = withOnly(action?.["typed_config"], "@type") ?? {};
    return type === `${EXTENSIONS}.filters.common.matcher.action.v3.SkipFilter`;
}

function predicate(value: unknown): Condition | undefined {
    const [[kind, inner] = [""]] = Object.entries(withOneKey(value) ?? {});
    switch (kind) {
        case "single_predicate": {
            const { input, value_match: matcher } = withOnly(inner, "input", "value_match") ?? {};
            const config = withOnly(input, "name", "typed_config")?.["typed_config"];
            const { "@type": type, header_name: name } = withOnly(config, "@type", "header_name") ?? {};
            return type === "type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput"
                ? header(name, matcher)
                : undefined;
        }
        case "and_matcher":
            return every(conditions(withOnly(inner, "predicate")?.["predicate"], predicate));
        case "or_matcher":
            return some(conditions(withOnly(inner, "predicate")?.["predicate"], predicate));
        case "not_matcher":
            return not(predicate(inner));
        default:
            return undefined;
    }
}

/** Only of the headers that every request has, and a query of `mesh explain` names. */
function header(name: unknown, matcher: unknown): Condition | undefined {
    const matches = textMatcher(matcher);
    if (matches === undefined) return undefined;
    if (name === ":path") return ({ path }) => matches(path);
    return name === ":authority" ? ({ host }) => matches(host) : undefined;
}

/** Envoy's StringMatcher. Envoy rejects `ignore_case` with a regular expression. */
function textMatcher(matcher: unknown): ((value: string) => boolean) | undefined {
    const { ignore_case: ignoreCase = false, ...pattern } =
        withOnly(matcher, "exact", "prefix", "suffix", "contains", "safe_regex", "ignore_case") ?? {};
    const [[kind, value] = [""]] = Object.entries(withOneKey(pattern) ?? {});
    if (typeof ignoreCase !== "boolean") return undefined;
    if (kind === "safe_regex") {
        const { regex } = withOnly(value, "regex", "google_re2") ?? {};
        const whole = typeof regex === "string" && !ignoreCase ? wholeOf(regex) : undefined;
        return whole && ((tested) => whole.test(tested));
    }
    if (typeof value !== "string") return undefined;
    const folded = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
    const expected = folded(value);
    switch (kind) {
        case "exact":
            return (tested) => folded(tested) === expected;
        case "prefix":
            return (tested) => folded(tested).startsWith(expected);
        case "suffix":
            return (tested) => folded(tested).endsWith(expected);
        case "contains":
            return (tested) => folded(tested).includes(expected);
        default:
            return undefined;
    }
}

/** Syntax of RE2 that JavaScript reads in another way, or not at all. */
const ONLY_RE2 = /\\[AzCQEapP]|\[\[:|\(\?(?![:=!<])|\(\?P</;

/** Matches the whole text; undefined for syntax that JavaScript lacks. */
function wholeOf(regex: string): RegExp | undefined {
    if (ONLY_RE2.test(regex)) return undefined;
    try {
        return new RegExp(`^(?:${regex})$`, "s");
    } catch {
        return undefined;
    }
}

function withOneKey(value: unknown): Json | undefined {
    const object = withOnly(value, ...Object.keys(value ?? {}));
    return object !== undefined && Object.keys(object).length === 1 ? object : undefined;
}

/** The conditions of a list with at least one entry; undefined if one of them is unknown. */
function conditions(
    list: unknown,
    read: (entry: unknown) => Condition | undefined,
): readonly Condition[] | undefined {
    if (!Array.isArray(list) || list.length === 0) return undefined;
    const known = list.map(read).filter((condition) => condition !== undefined);
    return known.length === list.length ? known : undefined;
}

function every(all: readonly Condition[] | undefined): Condition | undefined {
    return all && ((request) => all.every((condition) => condition(request)));
}

function some(all: readonly Condition[] | undefined): Condition | undefined {
    return all && ((request) => all.some((condition) => condition(request)));
}

function not(condition: Condition | undefined): Condition | undefined {
    return condition && ((request) => !condition(request));
}
