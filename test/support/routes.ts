/** Which route of a VirtualService a request takes, as Istio reads it: the first that matches. */
import type { VirtualServiceManifest } from "../../components/base/manifest";
import type { HttpMatch, HttpRoute } from "../../components/base/routes";

export interface Routed {
    readonly labels: Readonly<Record<string, string>>;
    readonly port: number;
    readonly method: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
}

export function routeFor({ spec }: VirtualServiceManifest, request: Routed): HttpRoute | undefined {
    // Nothing of Flagger's is there, so that what delegates to it is left out.
    const own = spec.http?.filter(({ delegate }) => delegate === undefined);
    return own?.find(({ match }) => match === undefined || match.some((one) => fits(one, request)));
}

// A gateway is read nowhere: the callers here are all sidecars.
const READ = new Set(["sourceLabels", "port", "method", "uri", "headers", "gateways"]);

function fits(match: HttpMatch, request: Routed): boolean {
    const unread = Object.keys(match).filter((field) => !READ.has(field));
    if (unread.length > 0) throw new Error(`this evaluator does not read ${unread.join(", ")}`);
    const { sourceLabels = {}, port = request.port, method, uri, headers = {} } = match;
    return (
        Object.entries(sourceLabels).every(([label, value]) => request.labels[label] === value) &&
        port === request.port &&
        text(method, request.method) &&
        text(uri, request.path) &&
        Object.entries(headers).every(([name, wanted]) => {
            const value = request.headers?.[name];
            return value !== undefined && text(wanted, value);
        })
    );
}

function text(
    match: { exact?: string; prefix?: string; regex?: string } | undefined,
    value: string,
): boolean {
    if (match === undefined) return true;
    if (match.exact !== undefined) return value === match.exact;
    if (match.prefix !== undefined) return value.startsWith(match.prefix);
    return new RegExp(`^(?:${match.regex ?? ""})$`).test(value);
}
