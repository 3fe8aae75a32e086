/** Paths of the catalogue (`/v1/items/{*}`, `/files/{**}`) as VirtualServices match them. */
import {
    type PathTemplate,
    escapeRegex,
    isSameSegment,
    parsePathTemplate,
    pathOf,
    writePathTemplate,
} from "../../catalogue/path-template";

export type UriMatch = { readonly exact: string } | { readonly prefix: string } | { readonly regex: string };

/** `{*}` is one segment and not an empty one; `{**}`, at the end, all that follows its slash. */
export function uriMatch(path: string): UriMatch {
    const template = parsePathTemplate(path);
    const isRest = template.at(-1)?.kind === "rest";
    const head = isRest ? template.slice(0, -1) : template;
    if (head.every(({ kind }) => kind === "literal"))
        return isRest ? { prefix: `${pathOf(head)}/` } : { exact: path };
    const notation = { literal: escapeRegex, one: "[^/]+", rest: ".*", named: () => "[^/]+" };
    return { regex: writePathTemplate(template, notation) };
}

/**
 * The part of what `path` stands for that lies at or below the literal path `under`; undefined where there is none.
 *
 * `/v1/{**}` under `/v1/items` is `/v1/items` and `/v1/items/{**}`.
 */
export function narrowed(path: string, under: string): string[] | undefined {
    const [wanted, offered] = [parsePathTemplate(under), parsePathTemplate(path)];
    for (const [position, segment] of wanted.entries()) {
        const own = offered[position];
        if (own?.kind === "rest") return [wanted, [...wanted, own]].map(pathOf);
        if (own === undefined || (own.kind !== "one" && !isSameSegment(own, segment))) return undefined;
    }
    const rest: PathTemplate = offered.slice(wanted.length);
    return [pathOf([...wanted, ...rest])];
}

/** The beginning of a path under which a service is asked, and the one that it knows instead. */
export interface Rewrite {
    readonly from: string;
    readonly to: string;
}

/** The pattern that replaces the beginning of a path at or below `from`, for a route that matches no other path. */
export function rewritePattern({ from, to }: Rewrite): { match: string; rewrite: string } {
    // At the root, the slash that follows is the root's own.
    const match = to === "/" ? `^${escapeRegex(from)}/?` : `^${escapeRegex(from)}`;
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
