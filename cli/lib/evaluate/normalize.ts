/**
 * The path that Envoy's filters see, with Istio's default `pathNormalization: BASE` (`normalize_path`, RFC 3986): dot
 * segments are resolved, unreserved characters decoded, others encoded, `\` becomes `/`.
 */

/** Characters that Envoy keeps in a path; it percent-encodes all others (Chromium's URL canonicalization). */
const UNENCODED = /[A-Za-z0-9\-._~!$&'()*+,;:@=/%[\]]/;
const UNRESERVED = /[A-Za-z0-9\-._~]/;

/** @returns undefined if Envoy responds 400: the path does not start with a slash, or contains an encoded NUL */
export function normalizedPath(target: string): string | undefined {
    const [beforeFragment = ""] = target.split("#", 1);
    const mark = beforeFragment.indexOf("?");
    const path = mark === -1 ? beforeFragment : beforeFragment.slice(0, mark);
    const query = mark === -1 ? "" : beforeFragment.slice(mark);
    if (!path.startsWith("/") || path.includes("%00")) return undefined;
    const segments = path.replaceAll("\\", "/").split("/").slice(1);
    const kept: string[] = [];
    for (const [index, segment] of segments.entries()) {
        const isLast = index === segments.length - 1;
        const dots = dotsOf(segment);
        if (dots === "..") kept.pop();
        if (dots === undefined) kept.push(characters(segment));
        else if (isLast) kept.push("");
    }
    return `/${kept.join("/")}${query}`;
}

/** Whether a segment is `.` or `..`, encoded or not, or unencoded dots with parameters, which Envoy removes. */
function dotsOf(segment: string): "." | ".." | undefined {
    const plain = segment.split(";", 1)[0] ?? "";
    const decoded = segment.replaceAll(/%2e/gi, ".");
    for (const dots of [".", ".."] as const) if (plain === dots || decoded === dots) return dots;
    return undefined;
}

function characters(segment: string): string {
    return segment
        .replaceAll(/%([0-9a-fA-F]{2})/g, (encoded, hex: string) => {
            const character = String.fromCharCode(parseInt(hex, 16));
            return UNRESERVED.test(character) ? character : encoded;
        })
        .replaceAll(/[^]/gu, (character) =>
            UNENCODED.test(character) ? character : encodeURIComponent(character),
        );
}

/** The query after the first proxy has normalized its path. Undefined if that proxy responds 400. */
export function normalized<T extends { readonly http?: { readonly path: string } }>(query: T): T | undefined {
    if (query.http === undefined) return query;
    const path = normalizedPath(query.http.path);
    return path === undefined ? undefined : { ...query, http: { ...query.http, path } };
}
