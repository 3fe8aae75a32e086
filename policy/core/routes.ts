/** HTTP routes of VirtualServices. */
import { at, type Fields, fields, list, isNonEmpty, textAt, texts } from "./read";
import { type Subject } from "./subject";

export interface VirtualServiceRoute {
    readonly path: string;
    readonly name: string;
    readonly fields: Fields;
    /** Hosts of the route's destinations; for a delegate, the hosts of the VirtualService. */
    readonly destinations: readonly string[];
}

export function routesOf({ spec }: Subject): readonly VirtualServiceRoute[] {
    return list(spec["http"]).map((route, index) => ({
        path: `spec.http[${index}]`,
        name: textAt(route, "name") ?? "",
        fields: fields(route),
        destinations: isNonEmpty(at(route, "delegate"))
            ? texts(spec["hosts"])
            : list(at(route, "route")).map((target) => textAt(target, "destination", "host") ?? ""),
    }));
}

/** Exact paths and path prefixes that a route matches; empty if it matches every path. */
export function pathsOf(route: VirtualServiceRoute): readonly string[] {
    return list(route.fields["match"]).flatMap((match) => {
        const uri = at(match, "uri");
        return [textAt(uri, "exact"), textAt(uri, "prefix"), textAt(uri, "regex")].filter(
            (path) => path !== undefined,
        );
    });
}

export function methodsOf(route: VirtualServiceRoute): readonly string[] {
    return list(route.fields["match"]).flatMap((match) => {
        const method = at(match, "method");
        return [textAt(method, "exact"), ...texts(at(method, "in"))].filter((name) => name !== undefined);
    });
}

/**
 * What each route of a VirtualService matches, as texts that are equal if the matches are equal. An HTTP
 * route without a match, or with the prefix `/`, matches every request; Istio sorts such routes last when it
 * merges VirtualServices.
 */
export function routeMatches({ spec }: Subject): readonly string[] {
    return ["http", "tls", "tcp"].flatMap((kind) =>
        list(spec[kind]).flatMap((route) => {
            const matches = list(at(route, "match"));
            return matches.length === 0 ? [`${kind} any`] : matches.map((match) => signatureOf(kind, match));
        }),
    );
}

/** Fields of a match that do not restrict requests. */
const NOT_REQUEST_MATCHES: ReadonlySet<string> = new Set(["name", "gateways"]);

function signatureOf(kind: string, match: unknown): string {
    const requestMatches = Object.entries(fields(match)).filter(
        ([key, value]) => isNonEmpty(value) && !NOT_REQUEST_MATCHES.has(key),
    );
    const isAny = requestMatches.every(([key, value]) => key === "uri" && textAt(value, "prefix") === "/");
    if (isAny) return `${kind} any`;
    return `${kind} ${JSON.stringify(requestMatches.sort(([a], [b]) => (a < b ? -1 : 1)))}`;
}
