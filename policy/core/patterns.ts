/**
 * The patterns of AuthorizationPolicies: a value matches exactly, by its beginning (`GET*`), by its end (`*.example.com`)
 * or by presence (`*`). Paths may also hold `{*}` for one segment and `{**}` for any number.
 * Source: Istio's reference of AuthorizationPolicy, "Rule" and "Operation".
 */

/** Whether a pattern matches more than one value. */
export function isPattern(value: string): boolean {
    return value.includes("*");
}

/** A host without the port that may follow it, given or any. */
export function withoutPort(host: string): string {
    return host.replace(/:(\*|\d+)$/, "");
}

/**
 * Why a path pattern reaches more than one part of a service; undefined where it does not.
 * `/carts/*` and `/carts/{*}` stay below what they name; `/carts*` also matches `/carts-admin`.
 */
export function whyWide(path: string): string | undefined {
    if (/^(\*|\/\*|\/?\{\*\*?\})/.test(path)) return "paths of every part of the service";
    const literal = path.endsWith("*") ? path.slice(0, -1) : "";
    if (literal !== "" && !literal.endsWith("/"))
        return `every path that begins so: ${literal}-internal and ${literal}0 too`;
    // What stands beside a template in one segment is no template to Istio; another version may read it as one.
    const segment = path.split("/").find((part) => /[{}]/.test(part) && !/^\{\*\*?\}$/.test(part));
    return segment === undefined ? undefined : `a segment that is part literal and part wildcard`;
}
