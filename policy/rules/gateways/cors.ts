/** Checks which origins can use a user's credentials on a route. */
import { type CorsOrigin, type RoutingRule } from "../../core/routing-rule";
import { type Violation } from "../../core/rule";

export function* evaluateCors({ subject, cors }: RoutingRule): Iterable<Violation> {
    if (cors?.credentials !== true) return;
    for (const origin of cors.origins) {
        const why = whyOpen(origin);
        if (why === undefined) continue;
        yield {
            subject,
            problem: `${cors.path} allows credentials to the origin ${origin.kind} ${JSON.stringify(origin.value)}, which ${why}`,
            fix: "list each origin in full, as `exact: https://<host>`, or remove allowCredentials.",
        };
    }
}

/** An origin consists of scheme, host and port. Only all three together identify whose scripts run there. */
function whyOpen({ kind, value }: CorsOrigin): string | undefined {
    if (kind === "prefix") return "matches every host with this prefix";
    if (kind === "regex") return isOneHost(value) ? undefined : "matches more than one host";
    if (value === "*" || value === "null") return "matches origins of anyone";
    const isLocal = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(value);
    return value.startsWith("https://") || isLocal
        ? undefined
        : "has no TLS, so that anyone on the path can change its scripts";
}

/** Whether a regular expression matches one host with escaped dots, or its subdomains. */
function isOneHost(regex: string): boolean {
    return /^\^?https:(\/|\\\/){2}((\(\?:)?\[[a-z0-9-]+\][+*](\\\.)?\)?[?*+]?)?([a-z0-9-]+\\\.)+[a-z]+(:\d+)?\$?$/i.test(
        regex,
    );
}
