/**
 * The path that Envoy's filters see of the one that a client sends, with Istio's default `pathNormalization: BASE`
 * (`normalize_path`, RFC 3986): dot segments resolved, unreserved characters decoded, others encoded, `\` as `/`.
 */

/** Bytes that Envoy leaves as they are in a path; it percent-encodes all others (chromium's canonical paths). */
const KEPT = /[A-Za-z0-9\-._~!$&'()*+,;:@=/%[\]]/;
const UNRESERVED = /[A-Za-z0-9\-._~]/;

/** @returns undefined where Envoy itself answers 400: a path that does not begin with a slash, an encoded NUL */
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

/** Whether a segment is `.` or `..`, encoded or not, or one of plain dots with parameters, which Envoy cuts off. */
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
            KEPT.test(character) ? character : encodeURIComponent(character),
        );
}

/** A question whose path the first proxy has normalized: all that follows sees the result. Undefined where it answers 400. */
export function normalized<T extends { readonly http?: { readonly path: string } }>(
    question: T,
): T | undefined {
    if (question.http === undefined) return question;
    const path = normalizedPath(question.http.path);
    return path === undefined ? undefined : { ...question, http: { ...question.http, path } };
}
