/**
 * String patterns of AuthorizationPolicies: a value matches exactly, by prefix (`GET*`), by suffix
 * (`*.example.com`) or by presence (`*`). Paths may also contain `{*}` for one segment and `{**}` for any
 * number.
 * Source: Istio's AuthorizationPolicy reference, "Rule" and "Operation".
 */

/** Whether a value matches a pattern: exact, prefix (`GET*`), suffix (`*.example.com`) or any value (`*`). */
export function matches(pattern: string, value: string): boolean {
    if (pattern.startsWith("*")) return value.endsWith(pattern.slice(1));
    return pattern.endsWith("*") ? value.startsWith(pattern.slice(0, -1)) : pattern === value;
}

/** Host matching ignores case, and the port that a client may add to the Host header. */
export function matchesHost(pattern: string, host: string): boolean {
    return matches(pattern.toLowerCase().replace(/:\*$|:\d+$/, ""), host.toLowerCase());
}

/** Whether a pattern matches more than one value. */
export function isPattern(value: string): boolean {
    return value.includes("*");
}

/** A host without its port or port wildcard. */
export function withoutPort(host: string): string {
    return host.replace(/:(\*|\d+)$/, "");
}

/**
 * Why a path pattern matches more than one part of a service; undefined if it does not. `/carts/*` and
 * `/carts/{*}` stay below their prefix; `/carts*` also matches `/carts-admin`.
 */
export function whyWide(path: string): string | undefined {
    if (/^(\*|\/\*|\/?\{\*\*?\})/.test(path)) return "paths of every part of the service";
    const literal = path.endsWith("*") ? path.slice(0, -1) : "";
    if (literal !== "" && !literal.endsWith("/"))
        return `every path with this prefix, ${literal}-internal and ${literal}0 included`;
    // Istio does not treat a segment that is only partly a template as a template; another version may.
    const segment = path.split("/").find((part) => /[{}]/.test(part) && !/^\{\*\*?\}$/.test(part));
    return segment === undefined ? undefined : "a segment that is part literal and part wildcard";
}
