/** How AuthorizationPolicies compare texts. */

/** Whether a value fits a pattern: exactly, by its beginning (`GET*`), by its end (`*.example.com`), or whatever it is (`*`). */
export function matches(pattern: string, value: string): boolean {
    if (pattern.startsWith("*")) return value.endsWith(pattern.slice(1));
    return pattern.endsWith("*") ? value.startsWith(pattern.slice(0, -1)) : pattern === value;
}

/** Hosts are compared without regard to case, and with whatever port the client wrote behind them. */
export function matchesHost(pattern: string, host: string): boolean {
    return matches(pattern.toLowerCase().replace(/:\*$|:\d+$/, ""), host.toLowerCase());
}
