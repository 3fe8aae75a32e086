/**
 * A VirtualService's routes to one port of a service, including the stack's traffic settings: the same for callers in
 * the mesh and for clients at a gateway.
 */
import { sortedEntries } from "../../../catalogue/order";
import type { Audience } from "../../../config/traffic";
import { cookieMatch } from "./cookie";
import type { VirtualServiceManifest } from "../../base/manifest";
import { NAMESPACES, serviceHost } from "../../base/names";
import { narrowed, rewritePattern, uriMatch } from "./paths";
import type { Platform } from "../../base/platform";
import { isMirrored, PRIMARY, rolloutFor } from "../flagger/rollouts";

export type HttpRoute = NonNullable<VirtualServiceManifest["spec"]["http"]>[number];
export type HttpMatch = NonNullable<HttpRoute["match"]>[number];

/** The requests that a route matches. */
export interface RequestMatch {
    /** HTTP method. @default any */
    readonly verb?: string;
    /** A path template of the catalogue. @default any */
    readonly path?: string;
}

export interface RouteTo {
    readonly name: string;
    /** Whether all routes have exactly this name, by which patches find them. @default the names are unique */
    readonly sameName?: boolean;
    readonly service: string;
    /** The port's number. */
    readonly port: number;
    /** The Gateway to which the routes belong. @default the sidecars */
    readonly gateway?: string;
    /** The requests that it matches; at least one. */
    readonly requests: readonly RequestMatch[];
    /** Conditions of every match. */
    readonly match?: HttpMatch;
    /** Whether the requests are idempotent: only those are mirrored. */
    readonly idempotent: boolean;
    /** The routes' settings: timeout, retries, CORS. */
    readonly settings: Partial<HttpRoute>;
}

/**
 * One route for each variant, and then the one for all other requests; before these the same for each rewritten path.
 * For ports that Flagger splits, all of these twice: see `delegating`.
 */
export function routesTo(platform: Platform, to: RouteTo): HttpRoute[] {
    const { config } = platform;
    const { rewrites = [] } = config.traffic.services[to.service] ?? {};
    const rewritten = rewrites.flatMap((rewrite, position) => {
        const requests = to.requests.flatMap((one) =>
            under(one.path, rewrite.from).map((path) => ({ ...one, path })),
        );
        if (requests.length === 0) return [];
        const settings = { ...to.settings, rewrite: { uriRegexRewrite: rewritePattern(rewrite) } };
        return versionRoutes(platform, {
            ...to,
            name: nameOf(to, `rewrite-${position + 1}`),
            requests,
            settings,
        });
    });
    return withDelegates(platform, to, [...rewritten, ...versionRoutes(platform, to)]);
}

/** Whether Flagger splits a port's requests. Requests that are not idempotent must not be mirrored. */
function isSplitByFlagger(platform: Platform, { service, port, idempotent }: RouteTo): boolean {
    const rolledOut = rolloutFor(platform, service);
    return rolledOut?.port.number === port && (idempotent || !isMirrored(platform, service));
}

/**
 * The routes with Flagger's VirtualService as delegate, and the same routes with the whole service as destination:
 * Istio omits a route whose delegate does not exist, so that the latter apply before Flagger starts and after it is
 * removed.
 */
function withDelegates(platform: Platform, to: RouteTo, routes: readonly HttpRoute[]): HttpRoute[] {
    const rolledOut = rolloutFor(platform, to.service);
    if (rolledOut === undefined || !isSplitByFlagger(platform, to)) return [...routes];
    const delegate = { name: rolledOut.apex, namespace: NAMESPACES.services };
    return [
        ...routes.map((one) => delegated(one, delegate)),
        ...routes.map(({ match = [{}], ...rest }) => ({
            ...rest,
            match: match.map((one) => ({ ...one, ...placeOf(to) })),
        })),
    ];
}

/**
 * A condition that always holds. It makes the second set of matches differ from the first, because Istio's analysis
 * reports duplicates. For sidecars it is not `gateways`: with that, Istio no longer evaluates the caller's labels.
 */
function placeOf({ gateway }: RouteTo): HttpMatch {
    return gateway === undefined ? { sourceNamespace: NAMESPACES.services } : { gateways: [gateway] };
}

function delegated(one: HttpRoute, delegate: NonNullable<HttpRoute["delegate"]>): HttpRoute {
    const { match = [{ uri: { prefix: "/" } }], ...settings } = one;
    delete settings.route;
    return { ...settings, match, delegate };
}

type Destination = NonNullable<HttpRoute["route"]>[number];

/**
 * The weighted destinations of a port: the whole service if it has no weights, and only its primary for traffic of a
 * rolled-out service that Flagger does not split.
 */
export function weightedDestinations(platform: Platform, service: string, port: number): Destination[] {
    if (rolloutFor(platform, service) !== undefined)
        return [{ destination: destinationOf(service, port, PRIMARY) }];
    const { versions = {} } = platform.config.traffic.services[service] ?? {};
    const shares = sortedEntries(versions).filter(([, share]) => share > 0);
    if (shares.length === 0) return [{ destination: destinationOf(service, port) }];
    return shares.map(([version, weight]) => ({
        destination: destinationOf(service, port, version),
        weight,
    }));
}

function destinationOf(service: string, port: number, subset?: string): Destination["destination"] {
    return {
        host: serviceHost(service),
        port: { number: port },
        ...(subset === undefined ? {} : { subset }),
    };
}

function versionRoutes(platform: Platform, to: RouteTo): HttpRoute[] {
    const { variants = [], mirror } = platform.config.traffic.services[to.service] ?? {};
    const destination = (subset: string) => destinationOf(to.service, to.port, subset);
    const special = variants.flatMap((variant, position): HttpRoute[] => {
        const match = to.requests.flatMap((requests) => matchesFor(requests, to.match, variant.for));
        if (match.length === 0) return [];
        return [
            {
                name: nameOf(to, `variant-${position + 1}-${variant.to}`),
                match,
                route: [{ destination: destination(variant.to) }],
                ...to.settings,
            },
        ];
    });
    const match = to.requests.flatMap((requests) => matchesFor(requests, to.match));
    const rest: HttpRoute = {
        name: to.name,
        // Any request: no match at all.
        ...(match.some((one) => Object.keys(one).length === 0) ? {} : { match }),
        route: isSplitByFlagger(platform, to)
            ? [{ destination: destinationOf(to.service, to.port) }]
            : weightedDestinations(platform, to.service, to.port),
        ...(mirror === undefined || !to.idempotent
            ? {}
            : { mirrors: [{ destination: destination(mirror.to), percentage: { value: mirror.percent } }] }),
        ...to.settings,
    };
    return [...special, rest];
}

/** A slash, which no name has, so that a version named `rewrite-1` gives no name twice. */
function nameOf({ name, sameName = false }: RouteTo, suffix: string): string {
    return sameName ? name : `${name}/${suffix}`;
}

function matchesFor(
    { verb, path }: RequestMatch,
    common: HttpMatch = {},
    audience: Audience = {},
): HttpMatch[] {
    const paths = audience.path === undefined ? [path] : under(path, audience.path);
    const headers = headersOf(audience);
    return paths.map((one) => ({
        ...common,
        ...(verb === undefined ? {} : { method: { exact: verb } }),
        ...(one === undefined ? {} : { uri: uriMatch(one) }),
        ...(Object.keys(headers).length === 0 ? {} : { headers }),
    }));
}

function under(path: string | undefined, prefix: string): string[] {
    return narrowed(path ?? "/{**}", prefix) ?? [];
}

function headersOf({ header, cookie }: Audience): NonNullable<HttpMatch["headers"]> {
    return {
        ...(header === undefined ? {} : { [header.name]: { exact: header.value } }),
        ...(cookie === undefined ? {} : { cookie: cookieMatch(cookie) }),
    };
}
