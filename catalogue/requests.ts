/**
 * What an HTTP request may look like in the catalogue, and which requests a pattern stands for.
 *
 * A path is split at its slashes. `{*}` stands for exactly one segment, not an empty one; `{**}`, only as the last,
 * for the rest of the path however long, which is how Istio reads these templates.
 */

import type { Request } from "./model";

/** A request line, taken apart. */
export interface RequestLine {
    readonly verb: string;
    /** With its leading slash. */
    readonly path: string;
}

/** `GET /v1/alerts` → `GET` and `/v1/alerts`. */
export function requestLine(request: Request): RequestLine {
    const space = request.indexOf(" ");
    return { verb: request.slice(0, space), path: request.slice(space + 1) };
}
