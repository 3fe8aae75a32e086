/** Reads Envoy filters out of rendered EnvoyFilters, also those inside of Envoy's ExtensionWithMatcher. */
import type { KubeObject } from "../../cli/lib/drift/objects";
import type { Permission, RbacPolicy } from "./simulated-rbac";

/** A filter inside of Envoy's ExtensionWithMatcher. */
interface Matched {
    readonly typed_config: {
        readonly extension_config: Filter;
        readonly xds_matcher: {
            readonly matcher_list: {
                readonly matchers: readonly {
                    readonly predicate: {
                        readonly single_predicate: {
                            readonly input: { readonly typed_config: { readonly header_name: string } };
                            readonly value_match: { readonly safe_regex: { readonly regex: string } };
                        };
                    };
                }[];
            };
        };
    };
}

export interface Filter {
    readonly name?: string;
    /** Requests that do not pass this filter. */
    readonly skips?: readonly { readonly header: string; readonly regex: string }[];
    readonly typed_config: {
        readonly early_header_mutation_extensions?: readonly {
            readonly typed_config: { readonly mutations: readonly Mutation[] };
        }[];
        readonly request_rules?: readonly {
            readonly on_header_present: {
                readonly key: string;
                readonly regex_value_rewrite: {
                    readonly pattern: { readonly regex: string };
                    readonly substitution: string;
                };
            };
        }[];
        readonly common_http_protocol_options?: { readonly headers_with_underscores_action: string };
        readonly strip_trailing_host_dot?: boolean;
        readonly strip_any_host_port?: boolean;
        readonly local_reply_config?: { readonly mappers: readonly Mapper[] };
        readonly rules?: { readonly action: string; readonly policies: Readonly<Record<string, RbacPolicy>> };
    };
}
interface Mutation {
    readonly remove?: string;
    readonly remove_on_match?: {
        readonly key_matcher: { readonly safe_regex: { readonly regex: string } };
    };
}
interface Mapper {
    readonly filter: {
        readonly and_filter?: {
            readonly filters: readonly {
                readonly header_filter?: { readonly header: NonNullable<Permission["header"]> };
            }[];
        };
    };
}
/** Filters as they are, also those inside of a matcher, with the requests that skip them. */
export function filtersOf({ spec }: KubeObject): Filter[] {
    return (
        spec as { configPatches: readonly { patch: { value?: Filter | Matched } }[] }
    ).configPatches.flatMap(({ patch: { value } }) => {
        if (value === undefined || !("typed_config" in value)) return [];
        if (!("extension_config" in value.typed_config)) return [value as Filter];
        const { extension_config, xds_matcher } = value.typed_config;
        const skips = xds_matcher.matcher_list.matchers.map(({ predicate: { single_predicate: one } }) => ({
            header: one.input.typed_config.header_name,
            regex: one.value_match.safe_regex.regex,
        }));
        return [{ ...extension_config, skips }];
    });
}

export function isSkipped({ skips = [] }: Filter, request: Readonly<Record<string, string>>): boolean {
    return skips.some(({ header, regex }) => new RegExp(`^(?:${regex})$`).test(request[header] ?? ""));
}

/** Whether a header mutation removes the header of this name. */
export function removes({ remove, remove_on_match: matched }: Mutation, name: string): boolean {
    if (matched === undefined) return remove === name;
    return new RegExp(`^(?:${matched.key_matcher.safe_regex.regex})$`).test(name);
}
