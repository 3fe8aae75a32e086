/** String matching of AuthorizationPolicies. */

/** Whether a value matches a pattern: exact, prefix (`GET*`), suffix (`*.example.com`) or any value (`*`). */
export function matches(pattern: string, value: string): boolean {
    if (pattern.startsWith("*")) return value.endsWith(pattern.slice(1));
    return pattern.endsWith("*") ? value.startsWith(pattern.slice(0, -1)) : pattern === value;
}

/** Host matching ignores case, and the port that a client may add to the Host header. */
export function matchesHost(pattern: string, host: string): boolean {
    return matches(pattern.toLowerCase().replace(/:\*$|:\d+$/, ""), host.toLowerCase());
}
