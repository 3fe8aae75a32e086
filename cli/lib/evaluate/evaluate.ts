/**
 * Evaluates whether a request is allowed, from the objects that a cluster would hold. Evaluates every layer, even after
 * one denies, so that the result lists all causes at once.
 */
import { Memo } from "../snapshot/memo";
import { calleeForHost } from "./workloads";
import type { MeshSnapshot } from "../snapshot/snapshot";
import { RequestPath } from "./request-path";
import { matchesDnsName } from "./match";
import {
    type Callee,
    type HttpRequest,
    type ExternalEndpoint,
    type ServicePort,
    type Verdict,
    type Workload,
    nameOf,
} from "./model";
import { normalized } from "./normalize";
import { type Server, serversOf } from "./servers";
import { serviceEntriesFor, sidecarScope } from "./sidecar";
import type { RouteDestination } from "./virtual-service";

export type AccessSource =
    | { readonly kind: "workload"; readonly workload: Workload }
    /** A client outside the cluster, through an ingress gateway. */
    | { readonly kind: "ingress"; readonly gateway: Callee };

export type AccessTarget =
    | { readonly kind: "service"; readonly callee: Callee; readonly port: ServicePort }
    | { readonly kind: "external"; readonly external: ExternalEndpoint };

export interface AccessQuery {
    readonly source: AccessSource;
    readonly target: AccessTarget;
    /** Absent for TCP ports. */
    readonly http?: HttpRequest;
}

export function evaluate(snapshot: MeshSnapshot, original: AccessQuery): Verdict {
    const query = normalized(original);
    if (query === undefined) {
        const path = new RequestPath(snapshot);
        path.rejectMalformed(
            original.source.kind === "ingress" ? original.source.gateway.workload : original.source.workload,
        );
        return verdictOf(path);
    }
    const { source } = query;
    return source.kind === "ingress"
        ? throughGateway(snapshot, query, source.gateway)
        : fromWorkload(snapshot, query, source.workload);
}

function fromWorkload(snapshot: MeshSnapshot, { target, http }: AccessQuery, caller: Workload): Verdict {
    const path = new RequestPath(snapshot);
    const [host, port] =
        target.kind === "service"
            ? [target.callee.host, target.port.number]
            : [target.external.host, target.external.port];
    let isKnown = true;
    if (caller.meshed && caller.gateway !== true) {
        const namespaces =
            target.kind === "service"
                ? [target.callee.namespace]
                : serviceEntriesFor(snapshot, host, caller.namespace).map(
                      ({ metadata }) => metadata.namespace,
                  );
        const { isVisible, ...step } = sidecarScope(snapshot, caller, { host, namespaces });
        path.steps.push(step);
        isKnown = isVisible || step.verdict === "denied";
    }
    const defaultDestination: RouteDestination = { host, port };
    const request = http === undefined ? {} : { http };
    if (!caller.meshed || !isKnown) {
        send(path, caller, target, defaultDestination, { ...request, tls: "DISABLE" });
        return verdictOf(path);
    }
    const routed = path.route({ proxy: caller, gateway: "mesh", host, port, ...request }, defaultDestination);
    for (const destination of distinct(routed?.destinations ?? [defaultDestination])) {
        send(path, caller, target, destination, routed?.http === undefined ? request : { http: routed.http });
    }
    return verdictOf(path);
}

/**
 * From a proxy to the route's destination: the callee, an egress gateway on the way to an external host, or that host
 * directly.
 */
function send(
    path: RequestPath,
    caller: Workload,
    target: AccessTarget,
    destination: RouteDestination,
    { http, tls, authority }: { http?: HttpRequest; tls?: string; authority?: string },
): void {
    const callee = calleeForHost(path.snapshot, destination.host);
    const name = target.kind === "service" ? target.callee.host : target.external.host;
    const port = destination.port ?? (target.kind === "service" ? target.port.number : target.external.port);
    const settings =
        tls === undefined
            ? path.settings(caller, callee?.namespace ?? caller.namespace, destination, port)
            : undefined;
    const connection = {
        ...(http === undefined ? {} : { http }),
        host: name,
        ...(authority === undefined ? {} : { authority }),
        ...(tls === undefined ? {} : { tls }),
        ...(settings?.tls === undefined ? {} : { tls: settings.tls }),
    };
    if (callee === undefined) {
        const address = target.kind === "external" ? addressOf(target.external) : {};
        path.leaveCluster(caller, { port: targetPort(path.snapshot, destination.host, port), ...address });
        return;
    }
    const reached = callee.ports.find(({ number }) => number === port) ?? {
        name: "",
        number: port,
        target: port,
        http: false,
    };
    path.reachCallee(caller, callee, reached, connection);
    if (target.kind === "external") continueFromEgressGateway(path, callee, target.external, port, http);
}

/** The second hop of egress traffic: from the egress gateway to the external host. */
function continueFromEgressGateway(
    path: RequestPath,
    { workload }: Callee,
    external: ExternalEndpoint,
    port: number,
    http: HttpRequest | undefined,
): void {
    const { snapshot } = path;
    const server = serversOf(snapshot, workload).find(
        (one) => one.port === port && one.hosts.some((host) => matchesDnsName(host, external.host)),
    );
    path.steps.push({
        layer: "Gateway",
        at: nameOf(workload),
        verdict: server === undefined ? "denied" : "allowed",
        objects: server === undefined ? [] : [server.object],
        text:
            server === undefined
                ? `no Gateway server on port ${port} accepts ${external.host}`
                : `accepts ${external.host} on port ${port}`,
        conditions: [],
    });
    if (server === undefined) return;
    const defaultDestination = { host: external.host, port };
    const routed = path.route(
        {
            proxy: workload,
            gateway: server.name,
            host: external.host,
            port,
            ...(http === undefined ? {} : { http }),
        },
        defaultDestination,
    );
    for (const destination of distinct(routed?.destinations ?? [])) {
        const destinationPort = destination.port ?? port;
        path.settings(workload, workload.namespace, destination, destinationPort);
        path.leaveCluster(workload, {
            port: targetPort(snapshot, destination.host, destinationPort),
            ...addressOf(external),
        });
    }
}

const gatewayRoutes = new Memo<readonly { readonly server: Server; readonly host: string }[]>();

/** The Gateway servers and hosts whose routes lead to a callee. */
function gatewayRoutesOf(snapshot: MeshSnapshot, gateway: Workload, callee: Callee) {
    const leadTo = new Set(
        snapshot
            .of("VirtualService")
            .filter(({ spec }) =>
                JSON.stringify([spec.http, spec.tls, spec.tcp]).includes(`"host":"${callee.host}"`),
            )
            .flatMap(({ spec }) => spec.hosts ?? []),
    );
    return serversOf(snapshot, gateway).flatMap((server) =>
        [...leadTo]
            .filter((host) => server.hosts.some((pattern) => matchesDnsName(pattern, host)))
            .map((host) => ({ server, host })),
    );
}

/**
 * Tries each host that the gateway routes to the callee. Returns the first verdict that allows the request, else the
 * first one.
 */
function throughGateway(snapshot: MeshSnapshot, { target, http }: AccessQuery, gateway: Callee): Verdict {
    const { workload } = gateway;
    if (target.kind === "external")
        return fromWorkload(
            snapshot,
            { target, ...(http === undefined ? {} : { http }), source: { kind: "workload", workload } },
            workload,
        );
    const { callee, port } = target;
    const verdicts = gatewayRoutes
        .of(snapshot, workload, callee.host, () => gatewayRoutesOf(snapshot, workload, callee))
        .flatMap(({ server, host }) => {
            const path = new RequestPath(snapshot);
            const request = server.http && http !== undefined ? { http } : {};
            path.steps.push({
                layer: "Gateway",
                at: nameOf(workload),
                verdict: "allowed",
                objects: [server.object],
                text: `accepts ${host} on port ${server.port}`,
                conditions: server.conditions,
            });
            path.enterGateway(workload, server.port, request.http, host);
            const routed = path.route(
                { proxy: workload, gateway: server.name, host, port: server.port, ...request },
                { host, port: server.port },
            );
            const toCallee = distinct(routed?.destinations ?? []).filter(
                (one) => one.host === callee.host && (one.port ?? port.number) === port.number,
            );
            if (routed !== undefined && toCallee.length === 0) return [];
            for (const destination of toCallee)
                send(path, workload, target, destination, {
                    ...(routed?.http === undefined ? request : { http: routed.http }),
                    authority: host,
                });
            return [verdictOf(path)];
        });
    return (
        verdicts.find(({ allowed }) => allowed) ?? verdicts[0] ?? notRouted(snapshot, workload, callee, port)
    );
}

function notRouted(snapshot: MeshSnapshot, workload: Workload, callee: Callee, port: ServicePort): Verdict {
    const path = new RequestPath(snapshot);
    path.steps.push({
        layer: "Gateway",
        at: nameOf(workload),
        verdict: "denied",
        objects: serversOf(snapshot, workload).map(({ object }) => object),
        text: `no route of the gateway leads to ${callee.host}:${port.number}`,
        conditions: [],
    });
    return verdictOf(path);
}

function addressOf({ address }: ExternalEndpoint): Pick<ExternalEndpoint, "address"> {
    return address === undefined ? {} : { address };
}

/** The target port of a ServiceEntry's port: NetworkPolicies apply to this one. */
function targetPort(snapshot: MeshSnapshot, host: string, port: number): number {
    const ports = snapshot
        .of("ServiceEntry")
        .filter(({ spec }) => spec.hosts.includes(host))
        .flatMap(({ spec }) => spec.ports ?? []);
    return ports.find(({ number }) => number === port)?.targetPort ?? port;
}

function distinct(destinations: readonly RouteDestination[]): RouteDestination[] {
    const seen = new Set<string>();
    return destinations.filter(({ host, port, subset }) => {
        const id = `${host} ${port ?? ""} ${subset ?? ""}`;
        return !seen.has(id) && seen.add(id);
    });
}

function verdictOf({ steps, routing }: RequestPath): Verdict {
    return { allowed: steps.every(({ verdict }) => verdict !== "denied"), steps, routing };
}
