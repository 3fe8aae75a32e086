import { Kept, keptByText } from "../world/kept";
import type { Of, World } from "../world/world";
import { isExported, matchesDnsName, matchesLabels, qualified } from "./match";
import type { HttpRequest, Workload } from "./model";

export type VirtualService = Of<"VirtualService">;
type HttpRoute = NonNullable<VirtualService["spec"]["http"]>[number];
type HttpMatch = NonNullable<HttpRoute["match"]>[number];
interface StringMatch {
    exact?: string;
    prefix?: string;
    regex?: string;
}

/** What a proxy looks for a route for. */
export interface Wanted {
    readonly proxy: Workload;
    /** `mesh` for a sidecar, `namespace/name` for a Gateway. */
    readonly gateway: string;
    readonly host: string;
    readonly port: number;
    /** Absent for a connection. */
    readonly http?: HttpRequest;
}

export interface Destination {
    readonly host: string;
    readonly subset?: string;
    readonly port?: number;
    readonly weight?: number;
}

export type Found =
    /** No VirtualService is about the host: a request goes where its host says. */
    | { readonly kind: "none" }
    /** One is, but no route of it matches: 404, or a closed connection. */
    | { readonly kind: "no match"; readonly by: VirtualService }
    /** The route answers itself, or has no destination. */
    | { readonly kind: "answered"; readonly by: VirtualService; readonly text: string }
    | {
          readonly kind: "route";
          readonly by: VirtualService;
          /** Where a delegate's route was taken. */
          readonly delegate?: VirtualService;
          readonly name: string;
          readonly destinations: readonly Destination[];
          /** Of HTTP routes. */
          readonly http?: HttpRoute;
      };

const candidates = new Kept<readonly VirtualService[]>();

/** The route that a proxy takes: the first that matches, of the VirtualService that names the host most exactly. */
export function findRoute(world: World, wanted: Wanted): Found {
    const { proxy, gateway, host } = wanted;
    const [by] = candidates.of(world, proxy, `${gateway} ${host}`, () =>
        world
            .of("VirtualService")
            .filter((one) => isAbout(one, wanted))
            .sort((a, b) => exactness(b, host) - exactness(a, host)),
    );
    if (by === undefined) return { kind: "none" };
    const { http = [], tls = [], tcp = [] } = by.spec;
    if (wanted.http !== undefined && http.length > 0) {
        return httpRoute(world, by, http, wanted);
    }
    if (wanted.http !== undefined) return { kind: "none" };
    const l4 = [
        ...tls.filter(({ match }) =>
            match.some(
                (one) =>
                    one.sniHosts.some((sni) => matchesDnsName(sni, wanted.host)) && l4Matches(one, wanted),
            ),
        ),
        ...tcp.filter(({ match = [] }) => match.length === 0 || match.some((one) => l4Matches(one, wanted))),
    ];
    if (tls.length + tcp.length === 0) return { kind: "none" };
    const [first] = l4;
    if (first === undefined) return { kind: "no match", by };
    return leading({ by, name: "(connection)", destinations: destinationsOf(first.route ?? [], by) });
}

function httpRoute(world: World, by: VirtualService, routes: readonly HttpRoute[], wanted: Wanted): Found {
    for (const route of routes) {
        const { match = [], delegate } = route;
        if (match.length > 0 && !match.some((one) => httpMatches(one, wanted))) continue;
        if (delegate === undefined) return answerOf(route, by);
        const found = delegated(world, route, by, wanted);
        if (found !== undefined) return found;
    }
    return { kind: "no match", by };
}

/**
 * Where a delegate leads, with what the root says of the way where the delegate says nothing. Undefined where there is no
 * such VirtualService, or no route of it matches: Istio leaves the root's route out then.
 */
function delegated(world: World, root: HttpRoute, by: VirtualService, wanted: Wanted): Found | undefined {
    const { name, namespace = by.metadata.namespace } = root.delegate ?? {};
    const delegate = world
        .of("VirtualService")
        .find(({ metadata }) => metadata.name === name && metadata.namespace === namespace);
    if (delegate === undefined) return undefined;
    const found = httpRoute(world, delegate, delegate.spec.http ?? [], wanted);
    if (found.kind === "no match") return undefined;
    if (found.kind !== "route") return found;
    return { ...found, by, delegate, name: root.name ?? found.name, http: { ...root, ...found.http } };
}

function answerOf(route: HttpRoute, by: VirtualService): Found {
    if (route.redirect !== undefined)
        return { kind: "answered", by, text: `redirects (${route.redirect.redirectCode ?? 301})` };
    if (route.directResponse !== undefined)
        return { kind: "answered", by, text: `answers ${route.directResponse.status} itself` };
    return leading({
        by,
        name: route.name ?? "(unnamed)",
        destinations: destinationsOf(route.route ?? [], by),
        http: route,
    });
}

/** A route as it was found; one without destinations leads nowhere, although it matches. */
function leading(route: Omit<Extract<Found, { kind: "route" }>, "kind">): Found {
    const { by, destinations } = route;
    return destinations.length === 0
        ? { kind: "answered", by, text: "has no destination" }
        : { kind: "route", ...route };
}

function isAbout({ metadata, spec }: VirtualService, { proxy, gateway, host }: Wanted): boolean {
    const gateways = (spec.gateways ?? ["mesh"]).map((name) =>
        name === "mesh" || name.includes("/") ? name : `${metadata.namespace}/${name}`,
    );
    return (
        gateways.includes(gateway) &&
        isExported(spec.exportTo, metadata.namespace, proxy.namespace) &&
        (spec.hosts ?? []).some((own) => matchesDnsName(qualified(own, metadata.namespace), host))
    );
}

function exactness({ metadata, spec }: VirtualService, host: string): number {
    const lengths = (spec.hosts ?? [])
        .map((own) => qualified(own, metadata.namespace))
        .filter((own) => matchesDnsName(own, host))
        .map((own) => (own === host ? 1000 : own.length));
    return Math.max(...lengths);
}

function destinationsOf(
    route: readonly {
        destination?: { host: string; subset?: string; port?: { number?: number } };
        weight?: number;
    }[],
    { metadata }: VirtualService,
): Destination[] {
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

function l4Matches({ port, sourceLabels, sourceNamespace, gateways }: L4Match, wanted: Wanted): boolean {
    return (
        (port === undefined || port === wanted.port) &&
        // Istio reads labels of sidecars only.
        (sourceLabels === undefined || matchesLabels(sourceLabels, wanted.proxy.labels)) &&
        (sourceNamespace === undefined || sourceNamespace === wanted.proxy.namespace) &&
        (gateways === undefined || gateways.length === 0 || gateways.includes(wanted.gateway))
    );
}

/** Where a match of requests names gateways, Istio does not ask who the caller is: of connections it asks both. */
function ofRequests(match: HttpMatch): L4Match {
    const { port, gateways = [] } = match;
    return gateways.length === 0 ? match : { ...(port === undefined ? {} : { port }), gateways };
}

function httpMatches(match: HttpMatch, wanted: Wanted): boolean {
    const { http, host } = wanted;
    if (http === undefined || !l4Matches(ofRequests(match), wanted)) return false;
    const [path = "", query = ""] = http.path.split("?");
    const queries = new URLSearchParams(query);
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

const wholeOf = keptByText((regex) => new RegExp(`^(?:${regex})$`, "s"));

/** Nothing wanted matches; an empty match wants that the value is there; a regex is matched as a whole. */
function isMatch(match: StringMatch | undefined, value: string | undefined, ignoreCase = false): boolean {
    if (match === undefined) return true;
    if (value === undefined) return false;
    const fold = (text: string) => (ignoreCase ? text.toLowerCase() : text);
    if (match.exact !== undefined) return fold(match.exact) === fold(value);
    if (match.prefix !== undefined) return fold(value).startsWith(fold(match.prefix));
    if (match.regex !== undefined) return wholeOf(match.regex).test(value);
    return true;
}
