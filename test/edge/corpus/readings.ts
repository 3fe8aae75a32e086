/**
 * How applications parse a path: every combination of the steps of routers in different ecosystems. An oracle for the edge that
 * shares no code with it.
 */

/** One step in which programs differ, as a function of a path or of its decoded text. */
type Step = (path: string) => string;

const same: Step = (path) => path;

function decoded(path: string): string {
    const bytes = path.replaceAll(/%([0-9a-fA-F]{2})/g, (_, hex: string) =>
        String.fromCharCode(parseInt(hex, 16)),
    );
    return bytes;
}

/** IIS: `%u2215`. */
const unicodeEscapes: Step = (path) =>
    path.replaceAll(/%u([0-9a-fA-F]{4})/g, (_, hex: string) => utf8(String.fromCharCode(parseInt(hex, 16))));

/** Overlong UTF-8, as decoders without validation accepted it: `%c0%ae`, `%e0%80%ae`. */
const overlong: Step = (octets) =>
    octets
        .replaceAll(/[\xc0\xc1]([\x80-\xbf])/g, (two, last: string) =>
            String.fromCharCode(((two.charCodeAt(0) & 1) << 6) | (last.charCodeAt(0) & 0x3f)),
        )
        .replaceAll(/\xe0\x80([\x80-\xbf])/g, (_, last: string) =>
            String.fromCharCode(last.charCodeAt(0) & 0x3f),
        );

/** Compatibility forms, case and accents, as collations and best-fit code pages map them. */
const folded: Step = (octets) =>
    utf8(
        Buffer.from(octets, "latin1")
            .toString("utf8")
            .normalize("NFKC")
            .replaceAll(/[\u2044\u2215]/g, "/")
            .replaceAll(/[\u2216\u29f5]/g, "\\")
            .normalize("NFKD")
            .replaceAll(/\p{M}/gu, "")
            .toLowerCase(),
    );

function utf8(text: string): string {
    return Buffer.from(text, "utf8").toString("latin1");
}

const DECODERS: readonly Step[] = [
    same,
    decoded,
    (path) => decoded(decoded(path)),
    (path) => overlong(decoded(unicodeEscapes(path))),
];
const PARAMETERS: readonly Step[] = [same, (path) => path.replaceAll(/;[^/]*/g, "")];
const FOLDERS: readonly Step[] = [same, (path) => path.toLowerCase(), folded];
const ENDS: readonly Step[] = [same, (path) => path.replace(/[\0\n\r#?].*$/s, "")];
const BACKSLASHES: readonly Step[] = [same, (path) => path.replaceAll("\\", "/")];
const TRIMMED: readonly Step[] = [
    same,
    (path) => path.replaceAll(/[\0-\x20+.]+(?=\/|$)/g, (text) => (/^\.{1,2}$/.test(text) ? text : "")),
];

/** All segment lists that some application parses from a path, without its query. */
export function readings(path: string): string[][] {
    let texts = new Set([path.split(/[?#]/, 1)[0] ?? ""]);
    // Some remove parameters before decoding, some after.
    for (const steps of [PARAMETERS, DECODERS, PARAMETERS, FOLDERS, ENDS, BACKSLASHES, TRIMMED])
        texts = new Set([...texts].flatMap((text) => steps.map((step) => step(text))));
    return [...texts].flatMap((text) => {
        const segments = text.split("/").slice(1);
        const merged = segments.filter((segment, index) => segment !== "" || index === segments.length - 1);
        return [segments, merged, resolved(merged), resolved(segments)];
    });
}

function resolved(segments: readonly string[]): string[] {
    const result: string[] = [];
    for (const segment of segments) {
        if (segment === "..") result.pop();
        else if (segment !== ".") result.push(segment);
    }
    return result;
}

/**
 * The tenants that some application parses from a path.
 *
 * @param head the segments before the tenant's: `["v1", "tenants"]`
 */
export function tenantsRead(path: string, head: readonly string[]): Set<string> {
    const named = readings(path)
        .filter((segments) => head.every((segment, index) => segments[index] === segment))
        .map((segments) => segments[head.length] ?? "");
    return new Set(named.filter((name) => name !== ""));
}
