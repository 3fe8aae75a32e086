/** Paths of the catalogue (`/v1/items/{*}`, `/files/{**}`) as VirtualServices match them. */

const ONE = "{*}";
const REST = "{**}";

export type UriMatch = { readonly exact: string } | { readonly prefix: string } | { readonly regex: string };

/** `{*}` is one segment and not an empty one; `{**}`, at the end, all that follows its slash. */
export function uriMatch(path: string): UriMatch {
    if (!path.includes("{")) return { exact: path };
    const head = path.slice(0, -REST.length);
    if (path.endsWith(REST) && !head.includes("{")) return { prefix: head };
    return { regex: path.split("/").map(segmentPattern).join("/") };
}

/**
 * The part of what `path` stands for that lies at or below the literal path `under`; undefined where there is none.
 *
 * `/v1/{**}` under `/v1/items` is `/v1/items` and `/v1/items/{**}`.
 */
export function narrowed(path: string, under: string): string[] | undefined {
    const [wanted, offered] = [segments(under), segments(path)];
    const head: string[] = [];
    for (const [position, segment] of wanted.entries()) {
        const own = offered[position];
        if (own === REST) {
            const literal = [...head, ...wanted.slice(position)];
            return [`/${literal.join("/")}`, `/${[...literal, REST].join("/")}`];
        }
        if (own !== segment && own !== ONE) return undefined;
        head.push(segment);
    }
    return [`/${[...head, ...offered.slice(wanted.length)].join("/")}`];
}

/** The beginning of a path under which a service is asked, and the one that it knows instead. */
export interface Rewrite {
    readonly from: string;
    readonly to: string;
}

/** The pattern that replaces the beginning of a path at or below `from`, for a route that matches no other path. */
export function rewritePattern({ from, to }: Rewrite): { match: string; rewrite: string } {
    // At the root, the slash that follows is the root's own.
    const match = to === "/" ? `^${escaped(from)}/?` : `^${escaped(from)}`;
    return { match, rewrite: to.replaceAll("\\", "\\\\") };
}

/**
 * What a service sees of the paths that its callers ask: each as it is, and what of it any rewrite makes another.
 * A policy at the service must allow both, since a template may be rewritten in part.
 */
export function seenPaths(paths: readonly string[], rewrites: readonly Rewrite[]): string[] {
    const rewritten = paths.flatMap((path) =>
        rewrites.flatMap(({ from, to }) =>
            (narrowed(path, from) ?? []).map((part) => joined(to, part.slice(from.length))),
        ),
    );
    return [...new Set([...paths, ...rewritten])];
}

function joined(to: string, rest: string): string {
    return to === "/" ? rest || "/" : `${to}${rest}`;
}

function segments(path: string): string[] {
    return path.split("/").slice(1);
}

function segmentPattern(segment: string): string {
    if (segment === ONE) return "[^/]+";
    if (segment === REST) return ".*";
    return escaped(segment);
}

/** Text as a regular expression that matches it alone. */
export function escaped(text: string): string {
    return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
