/** Evaluates Envoy's RBAC filter, as far as the gateways' filters use it, from its documentation. */
type Headers = Readonly<Record<string, string>>;
export type Claims = Readonly<Record<string, string | readonly string[] | undefined>>;

export interface RbacPolicy {
    readonly permissions: readonly Permission[];
    readonly principals: readonly Principal[];
    readonly condition?: unknown;
}
export interface Principal {
    readonly any?: boolean;
    readonly and_ids?: { readonly ids: readonly Principal[] };
    readonly not_id?: Principal;
    readonly metadata?: {
        readonly path: readonly { readonly key: string }[];
        readonly value: {
            readonly string_match: {
                readonly exact?: string;
                readonly safe_regex?: { readonly regex: string };
            };
        };
    };
}
export interface Permission {
    readonly any?: boolean;
    readonly destination_port?: number;
    readonly requested_server_name?: { readonly exact: string };
    readonly not_rule?: Permission;
    readonly or_rules?: { readonly rules: readonly Permission[] };
    readonly and_rules?: { readonly rules: readonly Permission[] };
    readonly header?: {
        readonly name: string;
        readonly present_match?: boolean;
        readonly string_match?: {
            readonly exact?: string;
            readonly prefix?: string;
            readonly safe_regex?: { readonly regex: string };
        };
    };
    readonly url_path?: { readonly path: { readonly safe_regex: { readonly regex: string } } };
}

/** The pseudo-header that holds the SNI here; empty for plain HTTP. */
export const SNI = ":server-name";
export const PORT = ":port";

/** A string matcher does not match a list: Envoy also compares the type of the metadata value. */
export function isOne({ any, and_ids, not_id, metadata }: Principal, claims: Claims): boolean {
    if (any !== undefined) return any;
    if (not_id !== undefined) return !isOne(not_id, claims);
    if (and_ids !== undefined) return and_ids.ids.every((id) => isOne(id, claims));
    if (metadata === undefined)
        throw new Error("this evaluator reads any, and_ids, not_id and metadata only");
    const [, ...path] = metadata.path.map(({ key }) => key);
    const value = claims[path.join(".")];
    if (typeof value !== "string") return false;
    const { exact, safe_regex } = metadata.value.string_match;
    return safe_regex === undefined ? value === exact : matchesWhole(safe_regex.regex, value, "");
}

/** @param flags of regular expressions */
export function permits(permission: Permission, headers: Headers, flags = "i"): boolean {
    const { any, destination_port, requested_server_name, not_rule, or_rules, and_rules, header, url_path } =
        permission;
    if (any !== undefined) return any;
    if (destination_port !== undefined) return headers[PORT] === String(destination_port);
    if (requested_server_name !== undefined) return headers[SNI] === requested_server_name.exact;
    if (not_rule !== undefined) return !permits(not_rule, headers, flags);
    if (or_rules !== undefined) return or_rules.rules.some((rule) => permits(rule, headers, flags));
    if (and_rules !== undefined) return and_rules.rules.every((rule) => permits(rule, headers, flags));
    if (header !== undefined) {
        const value = headers[header.name];
        if (value === undefined || header.string_match === undefined) return value !== undefined;
        const { exact, prefix, safe_regex } = header.string_match;
        // Host names are case-insensitive.
        if (exact !== undefined) return value.toLowerCase() === exact.toLowerCase();
        if (prefix !== undefined) return value.toLowerCase().startsWith(prefix.toLowerCase());
        if (safe_regex === undefined)
            throw new Error("this evaluator reads exact, prefix and safe_regex only");
        return matchesWhole(safe_regex.regex, value, flags);
    }
    return (
        url_path !== undefined && matchesWhole(url_path.path.safe_regex.regex, headers[":path"] ?? "", flags)
    );
}

/** RE2 as Envoy uses it: the whole text, byte by byte, as is the pattern. Inline flags are dropped: `s` applies always, `i` by `flags`. */
export function matchesWhole(regex: string, text: string, flags = "i"): boolean {
    const pattern = regex
        .replaceAll("(?i:", "(?:")
        .replaceAll("(?i)", "")
        .replace(/^\(\?s\)/, "");
    return new RegExp(`^(?:${latin1(pattern)})$`, `s${flags}`).test(latin1(text));
}

function latin1(text: string): string {
    return Buffer.from(text).toString("latin1");
}

/** A condition `metadata[…][key] == request.headers[name]`; false if either is absent. */
export function areEqual(
    condition: unknown,
    metadata: ReadonlyMap<string, string>,
    headers: Headers,
): boolean {
    const strings = [...JSON.stringify(condition).matchAll(/"string_value":"([^"]*)"/g)].map(
        ([, text]) => text ?? "",
    );
    const [, key = "", header = ""] = strings;
    const actual = headers[header];
    return actual !== undefined && metadata.get(key) === actual;
}
