/** Path filters that other teams could write, and a listener with one of them. */

export type Json = Record<string, unknown>;

export const EXTENSIONS = "type.googleapis.com/envoy.extensions";
export const MANAGER = "envoy.filters.network.http_connection_manager";
const SKIP = {
    action: {
        name: "skip",
        typed_config: { "@type": `${EXTENSIONS}.filters.common.matcher.action.v3.SkipFilter` },
    },
};
const input = (header: string, type = "HttpRequestHeaderMatchInput"): Json => ({
    name: "input",
    typed_config: { "@type": `type.googleapis.com/envoy.type.matcher.v3.${type}`, header_name: header },
});
export const single = (value_match: Json, header = ":path"): Json => ({
    single_predicate: { input: input(header), value_match },
});
/** The matchers of xDS require an engine. */
export const regex = (pattern: string): Json => ({ safe_regex: { google_re2: {}, regex: pattern } });
export const rbac = (permissions: Json[], more: Json = {}, policy: Json = {}): Json => ({
    "@type": `${EXTENSIONS}.filters.http.rbac.v3.RBAC`,
    rules: {
        action: "DENY",
        policies: { p: { permissions, principals: [{ any: true }], ...policy } },
        ...more,
    },
});
export const urlPath = (path: Json): Json => ({ url_path: { path } });
export const DENIES_ADMIN = rbac([urlPath({ prefix: "/admin" })]);
export const matched = (xds_matcher: Json, config: Json = DENIES_ADMIN): Json => ({
    "@type": `${EXTENSIONS}.common.matching.v3.ExtensionWithMatcher`,
    extension_config: { name: "f", typed_config: config },
    xds_matcher,
});
export const listOf = (...predicates: Json[]): Json => ({
    matcher_list: { matchers: predicates.map((predicate) => ({ predicate, on_match: SKIP })) },
});

export const SKIPS_ALL = "on_no_match that skips, too";

/** Configurations that are evaluated: the same decision as Envoy's. */
export const EVALUATED: Readonly<Record<string, Json>> = {
    "a filter without a matcher": DENIES_ADMIN,
    "a matcher that skips a prefix": matched(listOf(single({ prefix: "/admin/public" }))),
    "a matcher that skips an exact path in any case": matched(
        listOf(single({ exact: "/ADMIN/public", ignore_case: true })),
    ),
    "a matcher with a suffix": matched(listOf(single({ suffix: ".png" }))),
    "a matcher with a part": matched(listOf(single({ contains: "public" }))),
    "a regular expression, which matches the query, too": matched(listOf(single(regex("/admin/[a-z]+")))),
    "the first of several entries": matched(
        listOf(single({ prefix: "/admin/a" }), single({ prefix: "/admin/public" })),
    ),
    [SKIPS_ALL]: matched({ ...listOf(single({ prefix: "/x" })), on_no_match: SKIP }),
    and_matcher: matched(
        listOf({
            and_matcher: {
                predicate: [single({ prefix: "/admin" }), single({ exact: "a.example" }, ":authority")],
            },
        }),
    ),
    or_matcher: matched(
        listOf({
            or_matcher: {
                predicate: [single({ suffix: "/x" }), single({ exact: "a.example" }, ":authority")],
            },
        }),
    ),
    not_matcher: matched(listOf({ not_matcher: single({ prefix: "/admin/public" }) })),
    "a rule that ignores case": rbac([urlPath({ prefix: "/ADMIN", ignore_case: true })]),
    "rules with and, or, not": rbac([
        {
            and_rules: {
                rules: [
                    urlPath({ prefix: "/admin" }),
                    {
                        not_rule: {
                            or_rules: {
                                rules: [
                                    urlPath({ suffix: "public" }),
                                    { header: { name: ":authority", string_match: { prefix: "a." } } },
                                ],
                            },
                        },
                    },
                ],
            },
        },
    ]),
    "a rule on the whole path": rbac([{ header: { name: ":path", string_match: { contains: "?q=" } } }]),
};

/** Configurations of which a part is not evaluated, and that Envoy accepts. */
export const NOT_EVALUATED: Readonly<Record<string, Json>> = {
    "a matcher on another header": matched(listOf(single({ exact: "1" }, "x-skip"))),
    "a match tree": matched({
        matcher_tree: { input: input(":path"), exact_match_map: { map: { "/admin": SKIP } } },
    }),
    "a nested matcher": matched({
        matcher_list: {
            matchers: [
                {
                    predicate: single({ prefix: "/admin" }),
                    on_match: { matcher: listOf(single({ suffix: "public" })) },
                },
            ],
        },
    }),
    "on_no_match with a nested matcher": matched({
        ...listOf(single({ prefix: "/x" })),
        on_no_match: { matcher: listOf(single({ suffix: "public" })) },
    }),
    "a pattern that JavaScript reads in another way": matched(listOf(single(regex("\\A/admin/public\\z")))),
    "a filter that allows what it lists": {
        "@type": `${EXTENSIONS}.filters.http.rbac.v3.RBAC`,
        rules: {
            action: "ALLOW",
            policies: { p: { permissions: [urlPath({ prefix: "/x" })], principals: [{ any: true }] } },
        },
    },
    "a filter without an action, which allows": {
        "@type": `${EXTENSIONS}.filters.http.rbac.v3.RBAC`,
        rules: { policies: { p: { permissions: [urlPath({ prefix: "/x" })], principals: [{ any: true }] } } },
    },
    "a filter with a matcher of policies": {
        "@type": `${EXTENSIONS}.filters.http.rbac.v3.RBAC`,
        matcher: {
            on_no_match: {
                action: {
                    name: "deny",
                    typed_config: {
                        "@type": "type.googleapis.com/envoy.config.rbac.v3.Action",
                        name: "p",
                        action: "DENY",
                    },
                },
            },
        },
    },
    "a policy for some clients": rbac(
        [urlPath({ prefix: "/admin" })],
        {},
        {
            principals: [{ remote_ip: { address_prefix: "192.0.2.0", prefix_len: 24 } }],
        },
    ),
    "a rule on another header": rbac([{ header: { name: "x-tenant", present_match: true } }]),
    "an inverted rule": rbac([
        { header: { name: ":path", string_match: { prefix: "/admin" }, invert_match: true } },
    ]),
};

/** A listener with one filter before the router, which answers 200. */
export function listener(port: number, config: Json): Json {
    return {
        name: `l${port}`,
        address: { socket_address: { address: "127.0.0.1", port_value: port } },
        filter_chains: [
            {
                filters: [
                    {
                        name: MANAGER,
                        typed_config: {
                            "@type": `${EXTENSIONS}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
                            stat_prefix: "l",
                            http_filters: [
                                { name: "f", typed_config: config },
                                {
                                    name: "envoy.filters.http.router",
                                    typed_config: { "@type": `${EXTENSIONS}.filters.http.router.v3.Router` },
                                },
                            ],
                            route_config: {
                                virtual_hosts: [
                                    {
                                        name: "all",
                                        domains: ["*"],
                                        routes: [
                                            { match: { prefix: "/" }, direct_response: { status: 200 } },
                                        ],
                                    },
                                ],
                            },
                        },
                    },
                ],
            },
        ],
    };
}
