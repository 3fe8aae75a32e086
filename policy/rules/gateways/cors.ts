/** What a route lets scripts of other origins do with a user's credentials. */
import { type CorsOrigin, type RoutingRule } from "../../core/routing-rule";
import { type Finding } from "../../core/rule";

export function* judgeCors({ subject, cors }: RoutingRule): Iterable<Finding> {
    if (cors?.credentials !== true) return;
    for (const origin of cors.origins) {
        const why = whyOpen(origin);
        if (why === undefined) continue;
        yield {
            subject,
            wrong: `${cors.path} allows credentials to the origin ${origin.kind} ${JSON.stringify(origin.value)}, which ${why}`,
            fix: "write each origin in full, as `exact: https://<host>`, or leave allowCredentials out.",
        };
    }
}

/** An origin is a scheme, a host and a port: only the whole of it says whose scripts run there. */
function whyOpen({ kind, value }: CorsOrigin): string | undefined {
    if (kind === "prefix") return "every host matches that begins so";
    if (kind === "regex") return isOneHost(value) ? undefined : "more than one host matches";
    if (value === "*" || value === "null") return "is anybody's";
    const isLocal = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(value);
    return value.startsWith("https://") || isLocal
        ? undefined
        : "comes without TLS, so that anyone on the way may write it";
}

/** Whether a regular expression is a host with its dots escaped, and perhaps any labels before a domain. */
function isOneHost(regex: string): boolean {
    return /^\^?https:(\/|\\\/){2}((\(\?:)?\[[a-z0-9-]+\][+*](\\\.)?\)?[?*+]?)?([a-z0-9-]+\\\.)+[a-z]+(:\d+)?\$?$/i.test(
        regex,
    );
}
