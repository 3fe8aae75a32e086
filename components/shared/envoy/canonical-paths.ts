/** Envoy configuration that rejects non-canonical paths: an RBAC filter, and local replies for what it denies. */
import type { PathForms } from "../../../catalogue/model";
import {
    type EnvoyPatch,
    type HttpListeners,
    type HttpFilter,
    firstFilter,
    httpFilter,
    onConnectionManager,
    typed,
} from "./envoy-filter";
import {
    type TemplatePatterns,
    INVALID_ENCODING,
    canonicalPattern,
    pathRejections,
    simplePattern,
} from "./path-forms";

/** The filter's name in Envoy's configuration. */
export const CANONICAL_PATHS = "sparc.canonical_paths";

/** Hosts that accept more than canonical paths, or whose paths contain a tenant or require a scope. */
export interface PathsOfHost {
    /** As clients name it, without a port. */
    readonly host: string;
    readonly forms: PathForms;
    /** Templates whose segments decide access: a tenant's, a scope's. */
    readonly deciding: readonly TemplatePatterns[];
}

type Rule = Record<string, unknown>;

const SPELLING = {
    name: "path-spelling",
    text: "the path spells a segment that decides who may read it in another way than this host does",
} as const;

/** The forms that a filter accepts: `forms` on every host, or per host what it opted in to. */
export interface AcceptedForms {
    /** @default none */
    readonly forms?: PathForms;
    /** @default none */
    readonly hosts?: readonly PathsOfHost[];
}

/**
 * The filter: an RBAC filter, skipped for simple paths, which none of its policies rejects. Most paths are simple, and
 * one regular expression is faster than one for each policy.
 */
export function canonicalPaths(accepted: AcceptedForms): HttpFilter {
    const deciding = (accepted.hosts ?? []).flatMap((host) => host.deciding);
    const simple = deciding.every(({ isLowerCase }) => isLowerCase)
        ? { header: ":path", regex: simplePattern() }
        : undefined;
    return httpFilter(CANONICAL_PATHS, rejectionsOf(accepted), simple);
}

/** The RBAC filter. Each listed host accepts its `forms`; all other hosts accept `forms`. */
function rejectionsOf({ forms: defaultForms = {}, hosts = [] }: AcceptedForms): Rule {
    const policies = new Map<string, Rule[]>();
    const deny = (name: string, rules: readonly Rule[]) => {
        policies.set(name, [...(policies.get(name) ?? []), all(rules)]);
    };
    const groups = grouped(hosts);
    const opted = groups.flatMap(({ names }) => names).map(isHost);
    const rest = { forms: defaultForms, where: opted.length === 0 ? [] : [not(any(opted))] };
    const wide = groups.map(({ forms, names }) => ({ forms, where: [any(names.map(isHost))] }));
    for (const { forms, where } of [rest, ...wide]) {
        for (const { name, pattern } of pathRejections(forms)) deny(name, [...where, path(pattern)]);
        deny(INVALID_ENCODING.name, [...where, not(path(canonicalPattern(forms)))]);
    }
    for (const { host, deciding } of hosts) {
        for (const { strict, loose } of deciding)
            deny(SPELLING.name, [isHost(host), path(loose), not(path(strict))]);
    }
    const named = [...policies].sort(([a], [b]) => (a < b ? -1 : 1));
    return typed("filters.http.rbac.v3.RBAC", {
        rules: {
            action: "DENY",
            policies: Object.fromEntries(
                named.map(([name, permissions]) => [name, { permissions, principals: [{ any: true }] }]),
            ),
        },
    });
}

/**
 * The filter, before all others, and 400 with a reason for what it denies: the RBAC filter itself can only respond
 * 403.
 */
export function canonicalPathPatches(
    context: HttpListeners["context"],
    accepted: AcceptedForms,
): EnvoyPatch[] {
    return [
        firstFilter(context, canonicalPaths(accepted)),
        onConnectionManager(context, { local_reply_config: { mappers: localReplies() } }),
    ];
}

/**
 * Maps local replies by the policy that Envoy's RBAC filter names in the response code details. A metadata filter
 * would be evaluated too early: Envoy maps local replies before the RBAC filter's metadata is written.
 */
function localReplies(): Rule[] {
    return [SPELLING, ...pathRejections({}), INVALID_ENCODING].map(({ name, text }) => ({
        filter: {
            extension_filter: {
                name: "envoy.access_loggers.extension_filters.cel",
                typed_config: typed("access_loggers.filters.cel.v3.ExpressionFilter", {
                    expression: `response.code_details == "rbac_access_denied_matched_policy[${name}]"`,
                }),
            },
        },
        status_code: 400,
        body: { inline_string: `${name}: ${text}.\n` },
    }));
}

/** Groups the hosts that opted in to a form by those forms. */
function grouped(hosts: readonly PathsOfHost[]): { forms: PathForms; names: string[] }[] {
    const groups = new Map<string, { forms: PathForms; names: string[] }>();
    for (const { host, forms } of hosts) {
        const { encodedSlashes = false, parameters = false } = forms;
        if (!encodedSlashes && !parameters) continue;
        const key = `${encodedSlashes} ${parameters}`;
        const group = groups.get(key) ?? { forms: { encodedSlashes, parameters }, names: [] };
        groups.set(key, { ...group, names: [...group.names, host] });
    }
    return [...groups.values()];
}

/** Matches the host with or without a port, in any case, with or without the trailing dot. */
export function isHost(host: string): Rule {
    const authority = (string_match: Rule): Rule => ({
        header: { name: ":authority", string_match: { ...string_match, ignore_case: true } },
    });
    return any([
        authority({ exact: host }),
        authority({ prefix: `${host}:` }),
        authority({ exact: `${host}.` }),
        authority({ prefix: `${host}.:` }),
    ]);
}

/** Matches the path without its query. */
function path(regex: string): Rule {
    return { url_path: { path: { safe_regex: { regex } } } };
}

function not(rule: Rule): Rule {
    return { not_rule: rule };
}

function any(rules: readonly Rule[]): Rule {
    return { or_rules: { rules } };
}

function all(rules: readonly Rule[]): Rule {
    const [only] = rules;
    return rules.length === 1 && only !== undefined ? only : { and_rules: { rules } };
}
