/**
 * The syntax of HTTP requests in the catalogue, and which requests a pattern matches.
 *
 * A path is split at its slashes. `{*}` matches exactly one non-empty segment; `{**}`, which must be the last segment,
 * matches everything after its slash. Istio and Envoy read these templates the same way.
 */

import type { Request } from "./model";
import { unknownCase } from "./never";
import { type Segment, isSameSegment, parsePathTemplate } from "./path-template";

/** A parsed request line. */
export interface RequestLine {
    readonly verb: string;
    /** With its leading slash. */
    readonly path: string;
}

// What RFC 3986 allows in a segment, without `*`, which Istio would read as another kind of wildcard, and without what
// gateways and sidecars reject or rewrite (components/shared/envoy/path-forms.ts): parameters, and percent-encoded separators,
// control characters and unreserved characters.
const LITERAL =
    /^(?:[\w.~!$&'()+,=:@-]|%(?:2[01246-9A-C]|3[ACDE]|40|5[BDE]|60|7[BCD])|%C[2-9A-F]%[89AB][\dA-F]|%D[\dA-F]%[89AB][\dA-F]|%E[\dA-F](?:%[89AB][\dA-F]){2}|%F[0-4](?:%[89AB][\dA-F]){3})*$/i;

/** `GET /v1/alerts` → `GET` and `/v1/alerts`. */
export function requestLine(request: Request): RequestLine {
    const space = request.indexOf(" ");
    return { verb: request.slice(0, space), path: request.slice(space + 1) };
}

/** Whether a path begins with a slash and consists of literal segments, `{*}`, and at most one `{**}`, at its end. */
export function isPath(path: string): boolean {
    const template = parsePathTemplate(path);
    return (
        path.startsWith("/") &&
        template.every((segment, position) => isPathSegment(segment, position === template.length - 1))
    );
}

function isPathSegment(segment: Segment, isLast: boolean): boolean {
    switch (segment.kind) {
        case "one":
            return true;
        case "rest":
            return isLast;
        case "named":
            return false;
        case "literal":
            // Paths are normalized before policies match them: no empty segment in the middle, no dot segments.
            return (
                LITERAL.test(segment.text) &&
                !/^\.{1,2}$/.test(segment.text) &&
                (segment.text !== "" || isLast)
            );
        default:
            return unknownCase(segment);
    }
}

/** Whether `offered` matches every request that `requested` matches. GET includes HEAD. */
export function covers(offered: Request, requested: Request): boolean {
    const [requestedVerb, offeredVerb] = [requestLine(requested).verb, requestLine(offered).verb];
    if (requestedVerb !== offeredVerb && !(requestedVerb === "HEAD" && offeredVerb === "GET")) return false;
    return matchSegments(offered, requested, (a, b) => {
        if (a.kind === "rest") return "rest of path";
        return isSameSegment(a, b) || (a.kind === "one" && !isEmpty(b) && b.kind !== "rest");
    });
}

/** Whether some request matches both. */
export function overlap(a: Request, b: Request): boolean {
    const verbsOf = (request: Request) =>
        requestLine(request).verb === "GET" ? ["GET", "HEAD"] : [requestLine(request).verb];
    if (!verbsOf(a).some((verb) => verbsOf(b).includes(verb))) return false;
    return matchSegments(a, b, (left, right) => {
        if (left.kind === "rest" || right.kind === "rest") return "rest of path";
        return (
            isSameSegment(left, right) ||
            (left.kind === "one" && !isEmpty(right)) ||
            (right.kind === "one" && !isEmpty(left))
        );
    });
}

/** Whether `matches` holds for each pair of segments. "rest of path" means that all remaining segments match. */
function matchSegments(
    a: Request,
    b: Request,
    matches: (a: Segment, b: Segment) => boolean | "rest of path",
): boolean {
    const [lineA, lineB] = [requestLine(a), requestLine(b)];
    const [segmentsA, segmentsB] = [parsePathTemplate(lineA.path), parsePathTemplate(lineB.path)];
    for (const [position, segment] of segmentsA.entries()) {
        const counterpart = segmentsB[position];
        if (counterpart === undefined) return false;
        const result = matches(segment, counterpart);
        if (result !== true) return result === "rest of path";
    }
    return segmentsA.length === segmentsB.length;
}

function isEmpty(segment: Segment): boolean {
    return segment.kind === "literal" && segment.text === "";
}
