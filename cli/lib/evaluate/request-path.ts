/** Evaluates the hops of a request, and collects the result of each layer. */
import type { MeshSnapshot } from "../snapshot/snapshot";
import { authorize } from "./authorization";
import { filters, tokens } from "./tokens-and-filters";
import { type Settings, oneLine, settingsOf } from "./destination-rule";
import {
    type Callee,
    type HttpRequest,
    type ExternalEndpoint,
    type ServicePort,
    type LayerResult,
    type Routing,
    type Workload,
    key,
    nameOf,
    principalOf,
} from "./model";
import { network } from "./network-policy";
import { mtlsOf } from "./peer-authentication";
import { rejectedPaths } from "./rejected-paths";
import { tenantContext } from "./tenant-context";
import { retriesText, settingsText } from "./routing-text";
import { type RouteDestination, type RouteResult, type RouteQuery, findRoute } from "./virtual-service";

type Route = Extract<RouteResult, { kind: "route" }>;

/** A request after a proxy has routed it. */
export interface RoutedRequest {
    readonly destinations: readonly RouteDestination[];
    /** As the callee sees it: routes can rewrite requests. */
    readonly http?: HttpRequest;
}

/** A connection that a proxy or pod opens. */
export interface OutboundConnection {
    readonly http?: HttpRequest;
    /** The SNI, and the Host header unless `authority` is set. */
    readonly host: string;
    /** The Host header if a gateway forwards the client's. @default `host` */
    readonly authority?: string;
    /** TLS mode. Undefined for auto mTLS: mutual TLS if the callee supports it. */
    readonly tls?: string;
}

export class RequestPath {
    readonly steps: LayerResult[] = [];
    routing: Routing = { destinations: [], notes: [] };

    constructor(readonly snapshot: MeshSnapshot) {}

    /** The route of `query.proxy`; undefined if the request is not routed. */
    route(query: RouteQuery, defaultDestination: RouteDestination): RoutedRequest | undefined {
        const result = findRoute(this.snapshot, query);
        const step = { layer: "VirtualService" as const, at: nameOf(query.proxy), conditions: [] };
        const routed = { ...(query.http === undefined ? {} : { http: query.http }) };
        switch (result.kind) {
            case "none": {
                const text = "no VirtualService for this host: default route";
                this.steps.push({ ...step, verdict: "not-configured", objects: [], text });
                this.note({ destinations: [describe(defaultDestination)], ...this.defaults(query) });
                return { destinations: [defaultDestination], ...routed };
            }
            case "no match":
                this.steps.push({
                    ...step,
                    verdict: "denied",
                    objects: [key(result.by)],
                    text: `no route matches ${query.host}`,
                });
                return undefined;
            case "answered":
                this.steps.push({
                    ...step,
                    verdict: "denied",
                    objects: [key(result.by)],
                    text: `the route ${result.text}, so the request does not reach the callee`,
                });
                return undefined;
            case "route": {
                const objects = [result.by, ...(result.delegate === undefined ? [] : [result.delegate])].map(
                    key,
                );
                this.steps.push({ ...step, verdict: "allowed", objects, text: `route ${result.name}` });
                this.note({
                    destinations: result.destinations.map(describe),
                    ...routingOf(result, this.defaults(query)),
                });
                return {
                    destinations: result.destinations,
                    ...(query.http === undefined ? {} : { http: rewritten(query.http, result) }),
                };
            }
        }
    }

    /** The DestinationRule settings of a proxy for a destination. */
    settings(proxy: Workload, namespace: string, { host, subset }: RouteDestination, port: number): Settings {
        const settings = settingsOf(this.snapshot, proxy, {
            host,
            namespace,
            port,
            ...(subset === undefined ? {} : { subset }),
        });
        const { by, hasSubset, connectionPool, outlierDetection, loadBalancer, tls } = settings;
        const text =
            by === undefined
                ? "no DestinationRule for this host: Istio's defaults apply"
                : `${tls === undefined ? "" : `TLS ${tls}; `}${settingsText(settings)}`;
        this.steps.push({
            layer: "DestinationRule",
            at: nameOf(proxy),
            verdict: hasSubset ? (by === undefined ? "not-configured" : "allowed") : "denied",
            objects: by === undefined ? [] : [key(by)],
            text: hasSubset
                ? text
                : `subset ${subset ?? ""} of ${host} does not exist: the proxy responds 503`,
            conditions: [],
        });
        this.note({
            ...(connectionPool === undefined ? {} : { circuitBreaker: oneLine(connectionPool) }),
            ...(outlierDetection === undefined ? {} : { outlierDetection: oneLine(outlierDetection) }),
            ...(loadBalancer === undefined ? {} : { loadBalancing: oneLine(loadBalancer) }),
        });
        return settings;
    }

    /** From pod to pod: NetworkPolicies, mutual TLS and the callee's policies. */
    reachCallee(
        from: Workload,
        { workload }: Callee,
        port: ServicePort,
        connection: OutboundConnection,
    ): void {
        const networkPort = { name: port.name, number: port.target };
        this.steps.push(network(this.snapshot, "egress", from, workload, networkPort));
        this.steps.push(network(this.snapshot, "ingress", workload, from, networkPort));
        if (!workload.meshed) return;
        const principal = this.mutualTls(from, workload, port.target, connection.tls);
        const readsHttp = port.http || workload.gateway === true;
        this.steps.push(
            ...this.paths(workload, port.target, readsHttp ? connection.http : undefined, connection.host),
            ...tokens(this.snapshot, workload),
            authorize(this.snapshot, workload, {
                principal,
                port: port.target,
                ...(connection.http === undefined || !readsHttp
                    ? {}
                    : { http: { ...connection.http, host: connection.authority ?? connection.host } }),
                sni: connection.host,
            }),
            ...(connection.http === undefined || !readsHttp
                ? []
                : tenantContext(this.snapshot, workload, {
                      principal,
                      port: port.target,
                      host: connection.authority ?? connection.host,
                      http: connection.http,
                  })),
            ...filters(this.snapshot, workload),
        );
    }

    /** A client outside the cluster, at an ingress gateway. */
    enterGateway(gateway: Workload, port: number, http: HttpRequest | undefined, host: string): void {
        this.steps.push(network(this.snapshot, "ingress", gateway, "external", { name: "", number: port }));
        this.steps.push(
            ...this.paths(gateway, port, http, host),
            ...tokens(this.snapshot, gateway),
            authorize(this.snapshot, gateway, {
                principal: undefined,
                port,
                ...(http === undefined ? {} : { http: { ...http, host } }),
                sni: host,
            }),
            ...filters(this.snapshot, gateway),
        );
    }

    private paths(at: Workload, port: number, http: HttpRequest | undefined, host: string): LayerResult[] {
        return http === undefined ? [] : rejectedPaths(this.snapshot, at, { path: http.path, host, port });
    }

    /** A malformed request: the first proxy responds 400 before policies apply. */
    rejectMalformed(proxy: Workload): void {
        const text = "Envoy responds 400: the path does not start with a slash, or contains %00";
        this.steps.push({
            layer: "Sidecar",
            at: nameOf(proxy),
            verdict: "denied",
            objects: [],
            text,
            conditions: [],
        });
    }

    /** Egress NetworkPolicies towards a host outside the cluster. */
    leaveCluster(from: Workload, { port, address }: Pick<ExternalEndpoint, "port" | "address">): void {
        const peer = address === undefined ? "external" : { address };
        this.steps.push(network(this.snapshot, "egress", from, peer, { name: "", number: port }));
    }

    /** The principal that the callee authenticates; undefined without mutual TLS. */
    private mutualTls(
        from: Workload,
        to: Workload,
        port: number,
        tls: string | undefined,
    ): string | undefined {
        const { mode, by } = mtlsOf(this.snapshot, to, port);
        const offers = from.meshed && (tls === undefined ? mode !== "DISABLE" : tls === "ISTIO_MUTUAL");
        const takes = offers ? mode !== "DISABLE" : mode !== "STRICT";
        const kind = offers
            ? "mutual TLS"
            : from.meshed
              ? `TLS ${tls ?? "DISABLE"}, without an identity`
              : "plaintext, without an identity";
        this.steps.push({
            layer: "PeerAuthentication",
            at: nameOf(to),
            verdict: takes ? (by === undefined ? "not-configured" : "allowed") : "denied",
            objects: by === undefined ? [] : [key(by)],
            text: `${mode} on port ${port}; the caller uses ${kind}`,
            conditions: [],
        });
        return offers ? principalOf(from, this.snapshot.trustDomain) : undefined;
    }

    note({ notes = [], ...rest }: Partial<Routing>): void {
        this.routing = { ...this.routing, ...rest, notes: [...this.routing.notes, ...notes] };
    }

    private defaults({ http }: RouteQuery): Partial<Routing> {
        const { attempts, retryOn } = this.snapshot.defaultRetries;
        if (http === undefined) return {};
        return { retries: attempts === 0 ? "none" : `up to ${attempts}, on ${retryOn} (mesh default)` };
    }
}

function routingOf({ http }: Route, defaults: Partial<Routing>): Partial<Routing> {
    if (http === undefined) return {};
    const { timeout, retries, fault, mirror, mirrors = [], rewrite } = http;
    const mirrored = [
        ...(mirror === undefined ? [] : [mirror]),
        ...mirrors.map(({ destination }) => destination),
    ];
    return {
        ...defaults,
        ...(timeout === undefined || /^0(s|ms)?$/.test(timeout) ? {} : { timeout }),
        ...(retries === undefined ? {} : { retries: retriesText(retries) }),
        notes: [
            ...(fault === undefined ? [] : [`the route injects a fault: ${oneLine(fault)}`]),
            ...mirrored.map((destination) => `mirrored to ${describe({ ...destination, port: 0 })}`),
            ...(rewrite === undefined ? [] : [`the route rewrites: ${oneLine(rewrite)}`]),
        ],
    };
}

function describe({ host, subset, weight }: RouteDestination): string {
    return `${host}${subset === undefined ? "" : ` subset ${subset}`}${weight === undefined ? "" : ` ${weight}%`}`;
}

function rewritten(http: HttpRequest, { http: route }: Route): HttpRequest {
    const { uri, uriRegexRewrite } = route?.rewrite ?? {};
    if (uriRegexRewrite?.match !== undefined) {
        // RE2 writes a captured group as \1, JavaScript as $1.
        const by = (uriRegexRewrite.rewrite ?? "").replace(/\$/g, "$$$$").replace(/\\(\d)/g, "$$$1");
        return { ...http, path: http.path.replace(new RegExp(uriRegexRewrite.match, "g"), by) };
    }
    if (uri === undefined) return http;
    const prefix = (route?.match ?? [])
        .map((one) => one.uri?.prefix)
        .find((one) => one !== undefined && http.path.startsWith(one));
    return { ...http, path: prefix === undefined ? uri : `${uri}${http.path.slice(prefix.length)}` };
}
