/**
 * What an HTTP request may look like in the catalogue, and which requests a pattern stands for.
 *
 * A path is split at its slashes. `{*}` stands for exactly one segment, and not an empty one; `{**}`, only as the last
 * segment, for all that follows its slash. This is how Istio and Envoy read these templates.
 */

import type { Request } from "./model";
import { unknownCase } from "./never";
import { type Segment, isSameSegment, parsePathTemplate } from "./path-template";

/** A request line, taken apart. */
export interface RequestLine {
    readonly verb: string;
    /** With its leading slash. */
    readonly path: string;
}

// What RFC 3986 allows in a segment, less `*`, which Istio would read as a wildcard of another kind, and less what gateways
// and sidecars refuse or rewrite (components/base/path-forms.ts): parameters, and percent-encoded separators, controls and
// unreserved characters.
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
            // An empty segment in the middle, or one of dots, no request has that reaches a policy.
            return (
                LITERAL.test(segment.text) &&
                !/^\.{1,2}$/.test(segment.text) &&
                (segment.text !== "" || isLast)
            );
        default:
            return unknownCase(segment);
    }
}

/** Whether every request that `asked` stands for is among those that `offered` stands for. GET stands for HEAD too. */
export function covers(offered: Request, asked: Request): boolean {
    const [wanted, given] = [requestLine(asked).verb, requestLine(offered).verb];
    if (wanted !== given && !(wanted === "HEAD" && given === "GET")) return false;
    return agree(offered, asked, (own, other) => {
        if (own.kind === "rest") return "and all that follows";
        return isSameSegment(own, other) || (own.kind === "one" && !isEmpty(other) && other.kind !== "rest");
    });
}

/** Whether some request is among those of both. */
export function overlap(a: Request, b: Request): boolean {
    const readings = (request: Request) =>
        requestLine(request).verb === "GET" ? ["GET", "HEAD"] : [requestLine(request).verb];
    if (!readings(a).some((verb) => readings(b).includes(verb))) return false;
    return agree(a, b, (own, other) => {
        if (own.kind === "rest" || other.kind === "rest") return "and all that follows";
        return (
            isSameSegment(own, other) ||
            (own.kind === "one" && !isEmpty(other)) ||
            (other.kind === "one" && !isEmpty(own))
        );
    });
}

/** Whether `agreed` holds for each segment of one path and its counterpart in the other. */
function agree(
    a: Request,
    b: Request,
    agreed: (a: Segment, b: Segment) => boolean | "and all that follows",
): boolean {
    const [lineA, lineB] = [requestLine(a), requestLine(b)];
    const [segmentsA, segmentsB] = [parsePathTemplate(lineA.path), parsePathTemplate(lineB.path)];
    for (const [position, segment] of segmentsA.entries()) {
        const counterpart = segmentsB[position];
        if (counterpart === undefined) return false;
        const verdict = agreed(segment, counterpart);
        if (verdict !== true) return verdict !== false;
    }
    return segmentsA.length === segmentsB.length;
}

function isEmpty(segment: Segment): boolean {
    return segment.kind === "literal" && segment.text === "";
}
