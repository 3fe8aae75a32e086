/**
 * The routes of a VirtualService to one port of a service, with what the stack's configuration says of its versions:
 * the same for callers inside and for clients at a gateway.
 */
import { sortedEntries } from "../../catalogue/order";
import type { Audience } from "../../config/traffic";
import { cookieMatch } from "./cookie";
import type { VirtualServiceManifest } from "./manifest";
import { NAMESPACES, serviceHost } from "./names";
import { narrowed, rewritePattern, uriMatch } from "./paths";
import type { Platform } from "./platform";
import { isMirrored, PRIMARY, rolloutFor } from "./rollouts";

export type HttpRoute = NonNullable<VirtualServiceManifest["spec"]["http"]>[number];
export type HttpMatch = NonNullable<HttpRoute["match"]>[number];

/** What a route is for. */
export interface Asked {
    /** HTTP verb. @default any */
    readonly verb?: string;
    /** As the catalogue writes it. @default any */
    readonly path?: string;
}

export interface RouteTo {
    readonly name: string;
    /** Whether all routes bear that very name, by which patches find them. @default they are told apart */
    readonly sameName?: boolean;
    readonly service: string;
    /** The port's number. */
    readonly port: number;
    /** Whose routes they are: a Gateway as Istio names it. @default the sidecars' */
    readonly gateway?: string;
    /** What it is for; at least one. */
    readonly asked: readonly Asked[];
    /** What every match of it says beside. */
    readonly match?: HttpMatch;
    /** Whether what is asked may be done twice: nothing else is ever copied to a mirror. */
    readonly repeatable: boolean;
    /** What the routes are given: timeout, retries, CORS. */
    readonly settings: Partial<HttpRoute>;
}

/**
 * One route for each variant that anyone may get, and then the one for everybody else; and before these the same for
 * each path that is rewritten. Of what Flagger shares out, all of these twice: see `delegating`.
 */
export function routesTo(platform: Platform, to: RouteTo): HttpRoute[] {
    const { config } = platform;
    const { rewrites = [] } = config.traffic.services[to.service] ?? {};
    const rewritten = rewrites.flatMap((rewrite, position) => {
        const asked = to.asked.flatMap((one) =>
            under(one.path, rewrite.from).map((path) => ({ ...one, path })),
        );
        if (asked.length === 0) return [];
        const settings = { ...to.settings, rewrite: { uriRegexRewrite: rewritePattern(rewrite) } };
        return versionRoutes(platform, {
            ...to,
            name: nameOf(to, `rewrite-${position + 1}`),
            asked,
            settings,
        });
    });
    return delegating(platform, to, [...rewritten, ...versionRoutes(platform, to)]);
}

/** Whether a port's requests go where Flagger says. What may not be done twice is kept from its mirror. */
function isSharedOut(platform: Platform, { service, port, repeatable }: RouteTo): boolean {
    const rolledOut = rolloutFor(platform, service);
    return rolledOut?.port.number === port && (repeatable || !isMirrored(platform, service));
}

/**
 * The routes with Flagger's destinations, which it writes into a VirtualService of its own, and again with the
 * service as a whole: Istio leaves a route out whose delegate is not there, so that the others hold before Flagger has
 * begun and after it has gone.
 */
function delegating(platform: Platform, to: RouteTo, routes: readonly HttpRoute[]): HttpRoute[] {
    const rolledOut = rolloutFor(platform, to.service);
    if (rolledOut === undefined || !isSharedOut(platform, to)) return [...routes];
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
 * What a match holds for anyway, so that it is not the very same once more, which Istio's check calls a mistake. For
 * sidecars never `gateways`: where that is said, Istio asks no longer who the caller is.
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
 * Where requests or connections to a port go, by the versions' shares: to the service as a whole where it has none,
 * and to its primary alone what Flagger does not share out of what it rolls out.
 */
export function sharedOut(platform: Platform, service: string, port: number): Destination[] {
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
        const match = to.asked.flatMap((asked) => matchesFor(asked, to.match, variant.for));
        if (match.length === 0) return [];
        return [
            {
                name: nameOf(to, `${variant.to}-${position + 1}`),
                match,
                route: [{ destination: destination(variant.to) }],
                ...to.settings,
            },
        ];
    });
    const match = to.asked.flatMap((asked) => matchesFor(asked, to.match));
    const rest: HttpRoute = {
        name: to.name,
        // Nothing asked of it in particular: no match, which is any request.
        ...(match.some((one) => Object.keys(one).length === 0) ? {} : { match }),
        route: isSharedOut(platform, to)
            ? [{ destination: destinationOf(to.service, to.port) }]
            : sharedOut(platform, to.service, to.port),
        ...(mirror === undefined || !to.repeatable
            ? {}
            : { mirrors: [{ destination: destination(mirror.to), percentage: { value: mirror.percent } }] }),
        ...to.settings,
    };
    return [...special, rest];
}

function nameOf({ name, sameName = false }: RouteTo, suffix: string): string {
    return sameName ? name : `${name}-${suffix}`;
}

function matchesFor({ verb, path }: Asked, common: HttpMatch = {}, audience: Audience = {}): HttpMatch[] {
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
