/**
 * Whether a request gets through, judged from objects alone: the same ones that a cluster would hold, whoever wrote
 * them. Every layer is asked, also behind one that denies, so that all that stands in the way is known at once.
 */
import { Kept } from "../world/kept";
import { calleeAt } from "../world/places";
import type { World } from "../world/world";
import { Journey } from "./journey";
import { matchesDnsName } from "./match";
import {
    type Callee,
    type HttpRequest,
    type Outside,
    type ServicePort,
    type Verdict,
    type Workload,
    nameOf,
} from "./model";
import { normalized } from "./normalize";
import { type Server, serversOf } from "./servers";
import { entriesOf, scope } from "./sidecar";
import type { Destination } from "./virtual-service";

export type Source =
    | { readonly kind: "workload"; readonly workload: Workload }
    /** A client outside, by way of a gateway. */
    | { readonly kind: "entry"; readonly gateway: Callee };

export type Target =
    | { readonly kind: "service"; readonly callee: Callee; readonly port: ServicePort }
    | { readonly kind: "outside"; readonly outside: Outside };

export interface Question {
    readonly source: Source;
    readonly target: Target;
    /** Absent where the port carries connections. */
    readonly http?: HttpRequest;
}

export function evaluate(world: World, asked: Question): Verdict {
    const question = normalized(asked);
    if (question === undefined) {
        const journey = new Journey(world);
        journey.unreadable(
            asked.source.kind === "entry" ? asked.source.gateway.workload : asked.source.workload,
        );
        return verdictOf(journey);
    }
    const { source } = question;
    return source.kind === "entry"
        ? throughGateway(world, question, source.gateway)
        : inside(world, question, source.workload);
}

function inside(world: World, { target, http }: Question, caller: Workload): Verdict {
    const journey = new Journey(world);
    const [host, port] =
        target.kind === "service"
            ? [target.callee.host, target.port.number]
            : [target.outside.host, target.outside.port];
    let isKnown = true;
    if (caller.meshed && caller.gateway !== true) {
        const namespaces =
            target.kind === "service"
                ? [target.callee.namespace]
                : entriesOf(world, host, caller.namespace).map(({ metadata }) => metadata.namespace);
        const { knows, ...step } = scope(world, caller, { host, namespaces });
        journey.steps.push(step);
        isKnown = knows || step.verdict === "denies";
    }
    const straight: Destination = { host, port };
    const request = http === undefined ? {} : { http };
    if (!caller.meshed || !isKnown) {
        send(journey, caller, target, straight, { ...request, tls: "DISABLE" });
        return verdictOf(journey);
    }
    const sent = journey.route({ proxy: caller, gateway: "mesh", host, port, ...request }, straight);
    for (const destination of distinct(sent?.destinations ?? [straight])) {
        send(journey, caller, target, destination, sent?.http === undefined ? request : { http: sent.http });
    }
    return verdictOf(journey);
}

/** From a proxy to where its route leads: the callee, an egress gateway before the outside, or straight outside. */
function send(
    journey: Journey,
    caller: Workload,
    target: Target,
    destination: Destination,
    { http, tls, authority }: { http?: HttpRequest; tls?: string; authority?: string },
): void {
    const callee = calleeAt(journey.world, destination.host);
    const name = target.kind === "service" ? target.callee.host : target.outside.host;
    const port = destination.port ?? (target.kind === "service" ? target.port.number : target.outside.port);
    const settings =
        tls === undefined
            ? journey.settings(caller, callee?.namespace ?? caller.namespace, destination, port)
            : undefined;
    const leaving = {
        ...(http === undefined ? {} : { http }),
        host: name,
        ...(authority === undefined ? {} : { authority }),
        ...(tls === undefined ? {} : { tls }),
        ...(settings?.tls === undefined ? {} : { tls: settings.tls }),
    };
    if (callee === undefined) {
        const address = target.kind === "outside" ? addressOf(target.outside) : {};
        journey.leave(caller, { port: targetPort(journey.world, destination.host, port), ...address });
        return;
    }
    const reached = callee.ports.find(({ number }) => number === port) ?? {
        name: "",
        number: port,
        target: port,
        http: false,
    };
    journey.arrive(caller, callee, reached, leaving);
    if (target.kind === "outside") onwards(journey, callee, target.outside, port, http);
}

/** The second leg of the way out: from the egress gateway to the host. */
function onwards(
    journey: Journey,
    { workload }: Callee,
    outside: Outside,
    port: number,
    http: HttpRequest | undefined,
): void {
    const { world } = journey;
    const server = serversOf(world, workload).find(
        (one) => one.port === port && one.hosts.some((host) => matchesDnsName(host, outside.host)),
    );
    journey.steps.push({
        layer: "Gateway",
        at: nameOf(workload),
        verdict: server === undefined ? "denies" : "passes",
        objects: server === undefined ? [] : [server.object],
        text:
            server === undefined
                ? `no server on ${port} takes ${outside.host}`
                : `takes ${outside.host} on ${port}`,
        conditions: [],
    });
    if (server === undefined) return;
    const straight = { host: outside.host, port };
    const sent = journey.route(
        {
            proxy: workload,
            gateway: server.name,
            host: outside.host,
            port,
            ...(http === undefined ? {} : { http }),
        },
        straight,
    );
    for (const destination of distinct(sent?.destinations ?? [])) {
        const own = destination.port ?? port;
        journey.settings(workload, workload.namespace, destination, own);
        journey.leave(workload, { port: targetPort(world, destination.host, own), ...addressOf(outside) });
    }
}

interface Way {
    readonly server: Server;
    readonly host: string;
}

const ways = new Kept<readonly Way[]>();

/** The servers and hosts by which a gateway leads to a callee. */
function waysOf(world: World, gateway: Workload, callee: Callee): readonly Way[] {
    const leadTo = new Set(
        world
            .of("VirtualService")
            .filter(({ spec }) =>
                JSON.stringify([spec.http, spec.tls, spec.tcp]).includes(`"host":"${callee.host}"`),
            )
            .flatMap(({ spec }) => spec.hosts ?? []),
    );
    return serversOf(world, gateway).flatMap((server) =>
        [...leadTo]
            .filter((host) => server.hosts.some((own) => matchesDnsName(own, host)))
            .map((host) => ({ server, host })),
    );
}

/** Under each host that the gateway routes to the callee; the first that lets the request through, or else the first. */
function throughGateway(world: World, { target, http }: Question, gateway: Callee): Verdict {
    const { workload } = gateway;
    if (target.kind === "outside")
        return inside(
            world,
            { target, ...(http === undefined ? {} : { http }), source: { kind: "workload", workload } },
            workload,
        );
    const { callee, port } = target;
    const verdicts = ways
        .of(world, workload, callee.host, () => waysOf(world, workload, callee))
        .flatMap(({ server, host }) => {
            const journey = new Journey(world);
            const request = server.http && http !== undefined ? { http } : {};
            journey.steps.push({
                layer: "Gateway",
                at: nameOf(workload),
                verdict: "passes",
                objects: [server.object],
                text: `takes ${host} on ${server.port}`,
                conditions: server.conditions,
            });
            journey.enter(workload, server.port, request.http, host);
            const sent = journey.route(
                { proxy: workload, gateway: server.name, host, port: server.port, ...request },
                { host, port: server.port },
            );
            const here = distinct(sent?.destinations ?? []).filter(
                (one) => one.host === callee.host && (one.port ?? port.number) === port.number,
            );
            if (sent !== undefined && here.length === 0) return [];
            for (const destination of here)
                send(journey, workload, target, destination, {
                    ...(sent?.http === undefined ? request : { http: sent.http }),
                    authority: host,
                });
            return [verdictOf(journey)];
        });
    return verdicts.find(({ allowed }) => allowed) ?? verdicts[0] ?? notRouted(world, workload, callee, port);
}

function notRouted(world: World, workload: Workload, callee: Callee, port: ServicePort): Verdict {
    const journey = new Journey(world);
    journey.steps.push({
        layer: "Gateway",
        at: nameOf(workload),
        verdict: "denies",
        objects: serversOf(world, workload).map(({ object }) => object),
        text: `no host of the gateway is routed to ${callee.host}:${port.number}`,
        conditions: [],
    });
    return verdictOf(journey);
}

function addressOf({ address }: Outside): Pick<Outside, "address"> {
    return address === undefined ? {} : { address };
}

/** Where a ServiceEntry's port leads: the network sees this one. */
function targetPort(world: World, host: string, port: number): number {
    const ports = world
        .of("ServiceEntry")
        .filter(({ spec }) => spec.hosts.includes(host))
        .flatMap(({ spec }) => spec.ports ?? []);
    return ports.find(({ number }) => number === port)?.targetPort ?? port;
}

function distinct(destinations: readonly Destination[]): Destination[] {
    const seen = new Set<string>();
    return destinations.filter(({ host, port, subset }) => {
        const id = `${host} ${port ?? ""} ${subset ?? ""}`;
        return !seen.has(id) && seen.add(id);
    });
}

function verdictOf({ steps, travel }: Journey): Verdict {
    return { allowed: steps.every(({ verdict }) => verdict !== "denies"), steps, travel };
}
