/** Refuses paths that are not canonical, as configuration of Envoy: an RBAC filter, and the answers to what it denies. */
import type { PathForms } from "../../catalogue/model";
import {
    CONNECTION_MANAGER,
    type EnvoyPatch,
    type HttpListeners,
    onConnectionManager,
    typed,
} from "./envoy-filter";
import { type Reading, UNREADABLE, canonicalPattern, refusals } from "./path-forms";

/** The filter's name in Envoy's configuration. */
export const CANONICAL_PATHS = "sparc.canonical_paths";

/** Hosts that take more than canonical paths, or whose paths decide more than what is allowed. */
export interface PathsOfHost {
    /** As clients name it, without a port. */
    readonly host: string;
    readonly forms: PathForms;
    /** Templates whose segments decide: a tenant's, a scope's. */
    readonly deciding: readonly Reading[];
}

type Rule = Record<string, unknown>;

const SPELLING = {
    name: "path-spelling",
    text: "the path spells a segment that decides who may read it in another way than this host does",
} as const;

/** What a filter takes: `forms` from every host, or from each what it opted in to. */
export interface Taken {
    /** @default none */
    readonly forms?: PathForms;
    /** @default none */
    readonly hosts?: readonly PathsOfHost[];
}

/** The RBAC filter. A path is judged by its host's forms; a host that is not listed takes `forms`. */
export function canonicalPaths({ forms: elsewhere = {}, hosts = [] }: Taken): Rule {
    const policies = new Map<string, Rule[]>();
    const deny = (name: string, rules: readonly Rule[]) => {
        policies.set(name, [...(policies.get(name) ?? []), all(rules)]);
    };
    const groups = grouped(hosts);
    const opted = groups.flatMap(({ names }) => names).map(isHost);
    const rest = { forms: elsewhere, where: opted.length === 0 ? [] : [not(any(opted))] };
    const wide = groups.map(({ forms, names }) => ({ forms, where: [any(names.map(isHost))] }));
    for (const { forms, where } of [rest, ...wide]) {
        for (const { name, pattern } of refusals(forms)) deny(name, [...where, path(pattern)]);
        deny(UNREADABLE.name, [...where, not(path(canonicalPattern(forms)))]);
    }
    for (const { host, deciding } of hosts) {
        for (const { strict: own, loose } of deciding)
            deny(SPELLING.name, [isHost(host), path(loose), not(path(own))]);
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

/** The filter before all others, and 400 with a reason for what it denies: RBAC itself knows 403 alone. */
export function canonicalPathPatches(context: HttpListeners["context"], taken: Taken): EnvoyPatch[] {
    return [
        {
            applyTo: "HTTP_FILTER",
            match: { context, listener: { filterChain: { filter: { name: CONNECTION_MANAGER } } } },
            patch: {
                operation: "INSERT_FIRST",
                value: { name: CANONICAL_PATHS, typed_config: canonicalPaths(taken) },
            },
        },
        onConnectionManager(context, { local_reply_config: { mappers: answers() } }),
    ];
}

/**
 * By the policy that Envoy's RBAC filter names in the response's code details. A filter on the metadata that it writes would
 * come too early: local replies are mapped before.
 */
function answers(): Rule[] {
    return [SPELLING, ...refusals({}), UNREADABLE].map(({ name, text }) => ({
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

/** Hosts that opted in to something, by what. */
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

/** With or without a port, in any case, with or without the dot of a name that is complete. */
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

/** A path without its query. */
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
