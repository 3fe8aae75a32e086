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

// The callers here are all sidecars, of services.
const READ = new Set(["sourceLabels", "sourceNamespace", "port", "method", "uri", "headers", "gateways"]);

function fits(match: HttpMatch, request: Routed): boolean {
    const unread = Object.keys(match).filter((field) => !READ.has(field));
    if (unread.length > 0) throw new Error(`this evaluator does not read ${unread.join(", ")}`);
    const { sourceLabels = {}, sourceNamespace = "sparc", gateways = [] } = match;
    const { port = request.port, method, uri, headers = {} } = match;
    const ofCaller =
        sourceNamespace === "sparc" &&
        Object.entries(sourceLabels).every(([label, value]) => request.labels[label] === value);
    return (
        // Where gateways are named Istio does not ask who the caller is.
        (gateways.length === 0 ? ofCaller : gateways.includes("mesh")) &&
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
