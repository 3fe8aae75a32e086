/**
 * The routes of a VirtualService to one port of a service, with what the stack's configuration says of its versions:
 * the same for callers inside and for clients at a gateway.
 */
import { sortedEntries } from "../../catalogue/order";
import type { MeshConfig } from "../../config/schema";
import type { Audience, ServiceTraffic } from "../../config/traffic";
import type { VirtualServiceManifest } from "./manifest";
import { serviceHost } from "./names";
import { escaped, narrowed, rewritePattern, uriMatch } from "./paths";

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
 * each path that is rewritten.
 */
export function routesTo({ traffic }: MeshConfig, to: RouteTo): HttpRoute[] {
    const own = traffic.services[to.service] ?? {};
    const rewritten = (own.rewrites ?? []).flatMap((rewrite, position) => {
        const asked = to.asked.flatMap(({ path = "/{**}", ...rest }) =>
            (narrowed(path, rewrite.from) ?? []).map((part) => ({ ...rest, path: part })),
        );
        if (asked.length === 0) return [];
        const settings = { ...to.settings, rewrite: { uriRegexRewrite: rewritePattern(rewrite) } };
        return versionRoutes(own, { ...to, name: nameOf(to, `rewrite-${position + 1}`), asked, settings });
    });
    return [...rewritten, ...versionRoutes(own, to)];
}

function versionRoutes({ versions = {}, variants = [], mirror }: ServiceTraffic, to: RouteTo): HttpRoute[] {
    const destination = (subset?: string) => ({
        host: serviceHost(to.service),
        port: { number: to.port },
        ...(subset === undefined ? {} : { subset }),
    });
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
    const shares = sortedEntries(versions).filter(([, share]) => share > 0);
    const match = to.asked.flatMap((asked) => matchesFor(asked, to.match));
    const rest: HttpRoute = {
        name: to.name,
        // Nothing asked of it in particular: no match, which is any request.
        ...(match.some((one) => Object.keys(one).length === 0) ? {} : { match }),
        route:
            shares.length === 0
                ? [{ destination: destination() }]
                : shares.map(([version, weight]) => ({ destination: destination(version), weight })),
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
        ...(cookie === undefined
            ? {}
            : { cookie: { regex: `(.*;\\s*)?${cookie.name}=${escaped(cookie.value)}(\\s*;.*)?` } }),
    };
}
