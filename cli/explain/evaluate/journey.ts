/** The legs of a request's way, each with what the layers on it say. */
import type { World } from "../world/world";
import { authorize } from "./authorization";
import { filters, tokens } from "./beside";
import { type Settings, oneLine, settingsOf } from "./destination-rule";
import {
    type Callee,
    type HttpRequest,
    type Outside,
    type ServicePort,
    type Step,
    type Travel,
    type Workload,
    key,
    nameOf,
    principalOf,
} from "./model";
import { network } from "./network-policy";
import { mtlsOf } from "./peer-authentication";
import { refusedPaths } from "./refused-paths";
import { tenantContext } from "./tenant-context";
import { retriesText, settingsText } from "./travel-text";
import { type Destination, type Found, type Wanted, findRoute } from "./virtual-service";

type Route = Extract<Found, { kind: "route" }>;

/** How one proxy sends a request on. */
export interface Sent {
    readonly destinations: readonly Destination[];
    /** As the callee will see it: a route may rewrite it. */
    readonly http?: HttpRequest;
}

/** A connection as it leaves: whether in the mesh's mutual TLS, and under which name. */
export interface Leaving {
    readonly http?: HttpRequest;
    /** The name in the TLS greeting, and the Host header unless `authority` is another. */
    readonly host: string;
    /** The Host header, where a gateway keeps the client's. @default `host` */
    readonly authority?: string;
    /** Undefined if Istio chooses: mutual TLS where the callee takes it. */
    readonly tls?: string;
}

export class Journey {
    readonly steps: Step[] = [];
    travel: Travel = { destinations: [], notes: [] };

    constructor(readonly world: World) {}

    /** The route that `wanted.proxy` takes; undefined where it takes none. */
    route(wanted: Wanted, straight: Destination): Sent | undefined {
        const found = findRoute(this.world, wanted);
        const step = { layer: "VirtualService" as const, at: nameOf(wanted.proxy), conditions: [] };
        const sent = { ...(wanted.http === undefined ? {} : { http: wanted.http }) };
        switch (found.kind) {
            case "none": {
                const text = "no VirtualService is about this host: it goes where its name says";
                this.steps.push({ ...step, verdict: "not there", objects: [], text });
                this.note({ destinations: [describe(straight)], ...this.defaults(wanted) });
                return { destinations: [straight], ...sent };
            }
            case "no match":
                this.steps.push({
                    ...step,
                    verdict: "denies",
                    objects: [key(found.by)],
                    text: `no route matches ${wanted.host}`,
                });
                return undefined;
            case "answered":
                this.steps.push({
                    ...step,
                    verdict: "denies",
                    objects: [key(found.by)],
                    text: `the route ${found.text}: it does not reach the callee`,
                });
                return undefined;
            case "route": {
                const objects = [found.by, ...(found.delegate === undefined ? [] : [found.delegate])].map(
                    key,
                );
                this.steps.push({ ...step, verdict: "passes", objects, text: `route ${found.name}` });
                this.note({
                    destinations: found.destinations.map(describe),
                    ...travelOf(found, this.defaults(wanted)),
                });
                return {
                    destinations: found.destinations,
                    ...(wanted.http === undefined ? {} : { http: rewritten(wanted.http, found) }),
                };
            }
        }
    }

    /** How the proxy speaks to a destination. */
    settings(proxy: Workload, namespace: string, { host, subset }: Destination, port: number): Settings {
        const settings = settingsOf(this.world, proxy, {
            host,
            namespace,
            port,
            ...(subset === undefined ? {} : { subset }),
        });
        const { by, hasSubset, connectionPool, outlierDetection, loadBalancer, tls } = settings;
        const text =
            by === undefined
                ? "no DestinationRule is about this host: Istio's defaults hold"
                : `${tls === undefined ? "" : `TLS ${tls}; `}${settingsText(settings)}`;
        this.steps.push({
            layer: "DestinationRule",
            at: nameOf(proxy),
            verdict: hasSubset ? (by === undefined ? "not there" : "passes") : "denies",
            objects: by === undefined ? [] : [key(by)],
            text: hasSubset ? text : `no subset ${subset ?? ""} of ${host}: the proxy answers 503`,
            conditions: [],
        });
        this.note({
            ...(connectionPool === undefined ? {} : { breaker: oneLine(connectionPool) }),
            ...(outlierDetection === undefined ? {} : { outlierDetection: oneLine(outlierDetection) }),
            ...(loadBalancer === undefined ? {} : { loadBalancing: oneLine(loadBalancer) }),
        });
        return settings;
    }

    /** From pod to pod, through the network, mutual TLS and the callee's policies. */
    arrive(from: Workload, { workload }: Callee, port: ServicePort, leaving: Leaving): void {
        const networkPort = { name: port.name, number: port.target };
        this.steps.push(network(this.world, "egress", from, workload, networkPort));
        this.steps.push(network(this.world, "ingress", workload, from, networkPort));
        if (!workload.meshed) return;
        const principal = this.mutualTls(from, workload, port.target, leaving.tls);
        const readsHttp = port.http || workload.gateway === true;
        this.steps.push(
            ...this.paths(workload, port.target, readsHttp ? leaving.http : undefined, leaving.host),
            ...tokens(this.world, workload),
            authorize(this.world, workload, {
                principal,
                port: port.target,
                ...(leaving.http === undefined || !readsHttp
                    ? {}
                    : { http: { ...leaving.http, host: leaving.authority ?? leaving.host } }),
                sni: leaving.host,
            }),
            ...(leaving.http === undefined || !readsHttp
                ? []
                : tenantContext(this.world, workload, {
                      principal,
                      port: port.target,
                      host: leaving.authority ?? leaving.host,
                      http: leaving.http,
                  })),
            ...filters(this.world, workload),
        );
    }

    /** A client from outside, at a gateway. */
    enter(gateway: Workload, port: number, http: HttpRequest | undefined, host: string): void {
        this.steps.push(network(this.world, "ingress", gateway, "outside", { name: "", number: port }));
        this.steps.push(
            ...this.paths(gateway, port, http, host),
            ...tokens(this.world, gateway),
            authorize(this.world, gateway, {
                principal: undefined,
                port,
                ...(http === undefined ? {} : { http: { ...http, host } }),
                sni: host,
            }),
            ...filters(this.world, gateway),
        );
    }

    private paths(at: Workload, port: number, http: HttpRequest | undefined, host: string): Step[] {
        return http === undefined ? [] : refusedPaths(this.world, at, { path: http.path, host, port });
    }

    /** A request to which the first proxy answers 400 before any policy sees it. */
    unreadable(proxy: Workload): void {
        const text = "Envoy answers 400: the path begins with no slash, or holds %00";
        this.steps.push({
            layer: "Sidecar",
            at: nameOf(proxy),
            verdict: "denies",
            objects: [],
            text,
            conditions: [],
        });
    }

    /** Out of the cluster. */
    leave(from: Workload, { port, address }: Pick<Outside, "port" | "address">): void {
        const peer = address === undefined ? "outside" : { address };
        this.steps.push(network(this.world, "egress", from, peer, { name: "", number: port }));
    }

    /** What the callee takes the caller for; undefined without mutual TLS. */
    private mutualTls(
        from: Workload,
        to: Workload,
        port: number,
        tls: string | undefined,
    ): string | undefined {
        const { mode, by } = mtlsOf(this.world, to, port);
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
            verdict: takes ? (by === undefined ? "not there" : "passes") : "denies",
            objects: by === undefined ? [] : [key(by)],
            text: `${mode} on ${port}; the caller comes in ${kind}`,
            conditions: [],
        });
        return offers ? principalOf(from, this.world.trustDomain) : undefined;
    }

    note({ notes = [], ...rest }: Partial<Travel>): void {
        this.travel = { ...this.travel, ...rest, notes: [...this.travel.notes, ...notes] };
    }

    private defaults({ http }: Wanted): Partial<Travel> {
        const { attempts, retryOn } = this.world.defaultRetries;
        if (http === undefined) return {};
        return { retries: attempts === 0 ? "none" : `up to ${attempts}, on ${retryOn} (the mesh's default)` };
    }
}

function travelOf({ http }: Route, defaults: Partial<Travel>): Partial<Travel> {
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

function describe({ host, subset, weight }: Destination): string {
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
