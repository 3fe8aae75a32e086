/** The route of a VirtualService that a request takes, as Istio evaluates it: the first match wins. */
import { milliseconds } from "../../catalogue/durations";
import type { VirtualServiceManifest } from "../../components/base/manifest";
import type { HttpMatch, HttpRoute } from "../../components/shared/routing/routes";

export interface RoutedRequest {
    readonly labels: Readonly<Record<string, string>>;
    readonly port: number;
    readonly method: string;
    readonly path: string;
    readonly headers?: Readonly<Record<string, string>>;
}

export function routeFor({ spec }: VirtualServiceManifest, request: RoutedRequest): HttpRoute | undefined {
    // Flagger has created no VirtualService, so routes that delegate to one are skipped.
    const routes = spec.http?.filter(({ delegate }) => delegate === undefined);
    return routes?.find(
        ({ match }) => match === undefined || match.some((one) => matchesRequest(one, request)),
    );
}

// All callers here are sidecars of services.
const READ = new Set(["sourceLabels", "sourceNamespace", "port", "method", "uri", "headers", "gateways"]);

function matchesRequest(match: HttpMatch, request: RoutedRequest): boolean {
    const unread = Object.keys(match).filter((field) => !READ.has(field));
    if (unread.length > 0) throw new Error(`this evaluator does not support ${unread.join(", ")}`);
    const { sourceLabels = {}, sourceNamespace = "sparc", gateways = [] } = match;
    const { port = request.port, method, uri, headers = {} } = match;
    const ofCaller =
        sourceNamespace === "sparc" &&
        Object.entries(sourceLabels).every(([label, value]) => request.labels[label] === value);
    return (
        // Istio ignores the caller's labels in a match that names gateways.
        (gateways.length === 0 ? ofCaller : gateways.includes("mesh")) &&
        port === request.port &&
        matchesString(method, request.method) &&
        matchesString(uri, request.path) &&
        Object.entries(headers).every(([name, expected]) => {
            const value = request.headers?.[name];
            return value !== undefined && matchesString(expected, value);
        })
    );
}

function matchesString(
    match: { exact?: string; prefix?: string; regex?: string } | undefined,
    value: string,
): boolean {
    if (match === undefined) return true;
    if (match.exact !== undefined) return value === match.exact;
    if (match.prefix !== undefined) return value.startsWith(match.prefix);
    return new RegExp(`^(?:${match.regex ?? ""})$`).test(value);
}

/** The attempts of a request that fails under these of Envoy's conditions. */
export function tries(route: HttpRoute | undefined, failure: readonly string[]): number {
    const { attempts = 0, retryOn = "" } = route?.retries ?? {};
    const isRetried = retryOn.split(",").some((condition) => failure.includes(condition));
    return isRetried ? 1 + attempts : 1;
}

/** Milliseconds for which a caller waits for a callee that never responds; 0 if without a limit. */
export function longestWait(route: HttpRoute | undefined): number {
    const all = milliseconds(route?.timeout ?? "0s") ?? 0;
    const each = milliseconds(route?.retries?.perTryTimeout ?? "");
    // Envoy retries an attempt that took too long under these conditions.
    return each === undefined ? all : Math.min(all, each * tries(route, ["reset", "5xx", "gateway-error"]));
}
