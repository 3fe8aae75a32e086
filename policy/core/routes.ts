/** The HTTP routes of VirtualServices. */
import { at, type Fields, fields, list, says, textAt, texts } from "./read";
import { type Subject } from "./subject";

export interface Route {
    readonly path: string;
    readonly name: string;
    readonly fields: Fields;
    /** Hosts that it leads to; of one that delegates, those that it is for. */
    readonly destinations: readonly string[];
}

export function routesOf({ spec }: Subject): readonly Route[] {
    return list(spec["http"]).map((route, index) => ({
        path: `spec.http[${index}]`,
        name: textAt(route, "name") ?? "",
        fields: fields(route),
        destinations: says(at(route, "delegate"))
            ? texts(spec["hosts"])
            : list(at(route, "route")).map((target) => textAt(target, "destination", "host") ?? ""),
    }));
}

/** Exact paths, and beginnings of paths, that a route is for; none where it is for every path. */
export function pathsOf(route: Route): readonly string[] {
    return list(route.fields["match"]).flatMap((match) => {
        const uri = at(match, "uri");
        return [textAt(uri, "exact"), textAt(uri, "prefix"), textAt(uri, "regex")].filter(
            (path) => path !== undefined,
        );
    });
}

export function methodsOf(route: Route): readonly string[] {
    return list(route.fields["match"]).flatMap((match) => {
        const method = at(match, "method");
        return [textAt(method, "exact"), ...texts(at(method, "in"))].filter((name) => name !== undefined);
    });
}

/**
 * What each route of a VirtualService matches, as texts that are equal where the matches are. A route of HTTP without a
 * match is for every request, as is one for the prefix `/`; Istio puts those behind all others when it merges.
 */
export function routeMatches({ spec }: Subject): readonly string[] {
    return ["http", "tls", "tcp"].flatMap((kind) =>
        list(spec[kind]).flatMap((route) => {
            const matches = list(at(route, "match"));
            return matches.length === 0 ? [`${kind} any`] : matches.map((match) => signatureOf(kind, match));
        }),
    );
}

/** Names and the gateways of a match say nothing of requests. */
const UNTOLD: ReadonlySet<string> = new Set(["name", "gateways"]);

function signatureOf(kind: string, match: unknown): string {
    const told = Object.entries(fields(match)).filter(([key, value]) => says(value) && !UNTOLD.has(key));
    const isAny = told.every(([key, value]) => key === "uri" && textAt(value, "prefix") === "/");
    if (isAny) return `${kind} any`;
    return `${kind} ${JSON.stringify(told.sort(([a], [b]) => (a < b ? -1 : 1)))}`;
}
