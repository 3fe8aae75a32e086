/** Path templates of the catalogue (`/v1/items/{*}`, `/files/{**}`) as VirtualService matches. */
import {
    type PathTemplate,
    escapeRegex,
    isSameSegment,
    parsePathTemplate,
    pathOf,
    writePathTemplate,
} from "../../../catalogue/path-template";

export type UriMatch = { readonly exact: string } | { readonly prefix: string } | { readonly regex: string };

/** `{*}` matches one non-empty segment; `{**}`, at the end, matches everything after its slash. */
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
 * Returns the templates for the paths that match `path` and are at or below the literal path `under`; undefined if
 * there are none.
 *
 * `/v1/{**}` under `/v1/items` is `/v1/items` and `/v1/items/{**}`.
 */
export function narrowed(path: string, under: string): string[] | undefined {
    const [prefix, segments] = [parsePathTemplate(under), parsePathTemplate(path)];
    for (const [position, segment] of prefix.entries()) {
        const current = segments[position];
        if (current?.kind === "rest") return [prefix, [...prefix, current]].map(pathOf);
        if (current === undefined || (current.kind !== "one" && !isSameSegment(current, segment)))
            return undefined;
    }
    const rest: PathTemplate = segments.slice(prefix.length);
    return [pathOf([...prefix, ...rest])];
}

/** A path prefix that callers use, and the one that replaces it before the request reaches the service. */
export interface Rewrite {
    readonly from: string;
    readonly to: string;
}

/** The pattern that replaces the prefix of a path at or below `from`, for a route that matches no other path. */
export function rewritePattern({ from, to }: Rewrite): { match: string; rewrite: string } {
    // For the root, the pattern includes the slash that follows.
    const match = to === "/" ? `^${escapeRegex(from)}/?` : `^${escapeRegex(from)}`;
    return { match, rewrite: to.replaceAll("\\", "\\\\") };
}

/**
 * The paths that a service sees for its callers' paths: the original and every rewritten form. A policy at the
 * service must allow both, because a rewrite can apply to a part of a template.
 */
export function pathsAtService(paths: readonly string[], rewrites: readonly Rewrite[]): string[] {
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
