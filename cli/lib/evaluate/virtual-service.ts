import { Memo, memoizeByText } from "../snapshot/memo";
import type { ManifestOf, MeshSnapshot } from "../snapshot/snapshot";
import { isExported, matchesDnsName, matchesLabels, qualified } from "./match";
import type { HttpRequest, Workload } from "./model";

export type VirtualService = ManifestOf<"VirtualService">;
type HttpRoute = NonNullable<VirtualService["spec"]["http"]>[number];
type HttpMatch = NonNullable<HttpRoute["match"]>[number];
interface StringMatch {
    exact?: string;
    prefix?: string;
    regex?: string;
}

/** The request that a proxy routes. */
export interface RouteQuery {
    readonly proxy: Workload;
    /** `mesh` for a sidecar, `namespace/name` for a Gateway. */
    readonly gateway: string;
    readonly host: string;
    readonly port: number;
    /** Absent for TCP. */
    readonly http?: HttpRequest;
}

export interface RouteDestination {
    readonly host: string;
    readonly subset?: string;
    readonly port?: number;
    readonly weight?: number;
}

export type RouteResult =
    /** No VirtualService for the host: the default route applies. */
    | { readonly kind: "none" }
    /** No route of the VirtualService matches: 404, or a closed connection. */
    | { readonly kind: "no match"; readonly by: VirtualService }
    /** The route responds itself, or has no destination. */
    | { readonly kind: "answered"; readonly by: VirtualService; readonly text: string }
    | {
          readonly kind: "route";
          readonly by: VirtualService;
          /** The delegate whose route matched. */
          readonly delegate?: VirtualService;
          readonly name: string;
          readonly destinations: readonly RouteDestination[];
          /** Set for HTTP routes. */
          readonly http?: HttpRoute;
      };

const candidates = new Memo<readonly VirtualService[]>();

/** The proxy's route: the first match in the VirtualService with the most specific host. */
export function findRoute(snapshot: MeshSnapshot, query: RouteQuery): RouteResult {
    const { proxy, gateway, host } = query;
    const [by] = candidates.of(snapshot, proxy, `${gateway} ${host}`, () =>
        snapshot
            .of("VirtualService")
            .filter((one) => isAbout(one, query))
            .sort((a, b) => exactness(b, host) - exactness(a, host)),
    );
    if (by === undefined) return { kind: "none" };
    const { http = [], tls = [], tcp = [] } = by.spec;
    if (query.http !== undefined && http.length > 0) {
        return httpRoute(snapshot, by, http, query);
    }
    if (query.http !== undefined) return { kind: "none" };
    const l4 = [
        ...tls.filter(({ match }) =>
            match.some(
                (one) => one.sniHosts.some((sni) => matchesDnsName(sni, query.host)) && l4Matches(one, query),
            ),
        ),
        ...tcp.filter(({ match = [] }) => match.length === 0 || match.some((one) => l4Matches(one, query))),
    ];
    if (tls.length + tcp.length === 0) return { kind: "none" };
    const [first] = l4;
    if (first === undefined) return { kind: "no match", by };
    return leading({ by, name: "(connection)", destinations: destinationsOf(first.route ?? [], by) });
}

function httpRoute(
    snapshot: MeshSnapshot,
    by: VirtualService,
    routes: readonly HttpRoute[],
    query: RouteQuery,
): RouteResult {
    for (const route of routes) {
        const { match = [], delegate } = route;
        if (match.length > 0 && !match.some((one) => httpMatches(one, query))) continue;
        if (delegate === undefined) return answerOf(route, by);
        const result = delegated(snapshot, route, by, query);
        if (result !== undefined) return result;
    }
    return { kind: "no match", by };
}

/**
 * The delegate's route, with the root's settings as defaults. Undefined if the delegate does not exist or no route of
 * it matches: Istio then ignores the root's route.
 */
function delegated(
    snapshot: MeshSnapshot,
    root: HttpRoute,
    by: VirtualService,
    query: RouteQuery,
): RouteResult | undefined {
    const { name, namespace = by.metadata.namespace } = root.delegate ?? {};
    const delegate = snapshot
        .of("VirtualService")
        .find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
    if (delegate === undefined) return undefined;
    const result = httpRoute(snapshot, delegate, delegate.spec.http ?? [], query);
    if (result.kind === "no match") return undefined;
    if (result.kind !== "route") return result;
    return { ...result, by, delegate, name: root.name ?? result.name, http: { ...root, ...result.http } };
}

function answerOf(route: HttpRoute, by: VirtualService): RouteResult {
    if (route.redirect !== undefined)
        return { kind: "answered", by, text: `redirects (${route.redirect.redirectCode ?? 301})` };
    if (route.directResponse !== undefined)
        return { kind: "answered", by, text: `responds ${route.directResponse.status} itself` };
    return leading({
        by,
        name: route.name ?? "(unnamed)",
        destinations: destinationsOf(route.route ?? [], by),
        http: route,
    });
}

/** The matched route. Without destinations it reaches no workload although it matches. */
function leading(route: Omit<Extract<RouteResult, { kind: "route" }>, "kind">): RouteResult {
    const { by, destinations } = route;
    return destinations.length === 0
        ? { kind: "answered", by, text: "has no destination" }
        : { kind: "route", ...route };
}

function isAbout({ metadata, spec }: VirtualService, { proxy, gateway, host }: RouteQuery): boolean {
    const gateways = (spec.gateways ?? ["mesh"]).map((name) =>
        name === "mesh" || name.includes("/") ? name : `${metadata.namespace}/${name}`,
    );
    return (
        gateways.includes(gateway) &&
        isExported(spec.exportTo, metadata.namespace, proxy.namespace) &&
        (spec.hosts ?? []).some((name) => matchesDnsName(qualified(name, metadata.namespace), host))
    );
}

function exactness({ metadata, spec }: VirtualService, host: string): number {
    const lengths = (spec.hosts ?? [])
        .map((name) => qualified(name, metadata.namespace))
        .filter((name) => matchesDnsName(name, host))
        .map((name) => (name === host ? 1000 : name.length));
    return Math.max(...lengths);
}

function destinationsOf(
    route: readonly {
        destination?: { host: string; subset?: string; port?: { number?: number } };
        weight?: number;
    }[],
    { metadata }: VirtualService,
): RouteDestination[] {
    const weighted = route.some(({ weight = 0 }) => weight > 0);
    return route.flatMap(({ destination, weight }) => {
        if (destination === undefined || (weighted && (weight ?? 0) === 0)) return [];
        const { host, subset, port } = destination;
        return [
            {
                host: qualified(host, metadata.namespace),
                ...(subset === undefined ? {} : { subset }),
                ...(port?.number === undefined ? {} : { port: port.number }),
                ...(weight === undefined ? {} : { weight }),
            },
        ];
    });
}

interface L4Match {
    readonly port?: number;
    readonly sourceLabels?: Readonly<Record<string, string | undefined>>;
    readonly sourceNamespace?: string;
    readonly gateways?: readonly string[];
}

function l4Matches({ port, sourceLabels, sourceNamespace, gateways }: L4Match, query: RouteQuery): boolean {
    return (
        (port === undefined || port === query.port) &&
        // Istio matches sourceLabels for sidecars only.
        (sourceLabels === undefined || matchesLabels(sourceLabels, query.proxy.labels)) &&
        (sourceNamespace === undefined || sourceNamespace === query.proxy.namespace) &&
        (gateways === undefined || gateways.length === 0 || gateways.includes(query.gateway))
    );
}

/**
 * For HTTP matches with `gateways`, Istio ignores source labels and namespace; for TCP and TLS matches it tests both.
 */
function ofRequests(match: HttpMatch): L4Match {
    const { port, gateways = [] } = match;
    return gateways.length === 0 ? match : { ...(port === undefined ? {} : { port }), gateways };
}

function httpMatches(match: HttpMatch, query: RouteQuery): boolean {
    const { http, host } = query;
    if (http === undefined || !l4Matches(ofRequests(match), query)) return false;
    const [path = "", queryString = ""] = http.path.split("?");
    const queries = new URLSearchParams(queryString);
    return (
        isMatch(match.uri, path, match.ignoreUriCase) &&
        isMatch(match.method, http.method) &&
        isMatch(match.authority, host) &&
        Object.entries(match.headers ?? {}).every(([name, one]) =>
            isMatch(one, http.headers[name.toLowerCase()]),
        ) &&
        Object.entries(match.withoutHeaders ?? {}).every(
            ([name, one]) =>
                http.headers[name.toLowerCase()] === undefined ||
                !isMatch(one, http.headers[name.toLowerCase()]),
        ) &&
        Object.entries(match.queryParams ?? {}).every(([name, one]) =>
            isMatch(one, queries.get(name) ?? undefined),
        )
    );
}

const wholeOf = memoizeByText((regex) => new RegExp(`^(?:${regex})$`, "s"));

/** No match always matches; an empty match requires the value to exist; a regex must match the whole value. */
function isMatch(match: StringMatch | undefined, value: string | undefined, ignoreCase = false): boolean {
    if (match === undefined) return true;
    if (value === undefined) return false;
    const fold = (text: string) => (ignoreCase ? text.toLowerCase() : text);
    if (match.exact !== undefined) return fold(match.exact) === fold(value);
    if (match.prefix !== undefined) return fold(value).startsWith(fold(match.prefix));
    if (match.regex !== undefined) return wholeOf(match.regex).test(value);
    return true;
}
