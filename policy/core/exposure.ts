/** What gateways offer, and which rules let requests in to it. */
import { actionOf, AUTHORIZATION, type AuthorizationRule, rulesOf } from "./authorization";
import { policiesAt } from "./gateway-proxies";
import { INGRESS, KUBERNETES_GATEWAY, LISTENER_SETS, listenersOf } from "./listeners";
import { matchesHost } from "./matching";
import { type Fields, labelsAt, texts } from "./read";
import { dnsNamesOf, serversBehind, serversOf } from "./servers";
import { type Subject } from "./subject";
import { type World } from "./world";

export interface Exposure {
    readonly gateway: Subject;
    readonly host: string;
    readonly port: number;
    readonly protocol: "http" | "tls" | "redirect";
    /** Whether only the mesh's own clients get in: an egress gateway. */
    readonly mutual: boolean;
    /** Whether clients show a certificate of a CA that the server names. */
    readonly certified: boolean;
    /** Whether it is the only host of its port, so that the port says it all. */
    readonly alone: boolean;
}

/** What takes requests from outside: Istio's Gateways, Kubernetes' own, and Ingresses of Istio's class. */
const ENTRIES: readonly string[] = [
    "networking.istio.io/Gateway",
    KUBERNETES_GATEWAY,
    ...LISTENER_SETS,
    INGRESS,
];

/** Every host of every Gateway. */
export function exposures(world: World): readonly Exposure[] {
    return world.ask("exposures", world.all(...ENTRIES), (gateway) =>
        gateway.id === "networking.istio.io/Gateway"
            ? exposuresOf(world, gateway)
            : listenersOf(world, gateway).map((listener) => ({
                  gateway,
                  ...listener,
                  mutual: false,
                  certified: false,
                  alone: false,
              })),
    );
}

function exposuresOf(world: World, gateway: Subject): readonly Exposure[] {
    return serversOf(gateway).flatMap((server) => {
        const { port = 0, isMutual, isRedirect, readsHttp, takesCertificates } = server;
        const hosts = hostsAt(world, labelsAt(gateway.spec, "selector"), port);
        return dnsNamesOf(server).map((host) => ({
            gateway,
            host,
            port,
            protocol: isRedirect ? ("redirect" as const) : readsHttp ? ("http" as const) : ("tls" as const),
            mutual: isMutual,
            certified: takesCertificates,
            alone: hosts.size === 1,
        }));
    });
}

/** Every host of one port of a gateway's proxies. */
function hostsAt(
    world: World,
    selector: Readonly<Record<string, string>>,
    port: number,
): ReadonlySet<string> {
    const servers = serversBehind(world, selector);
    return new Set(servers.filter((server) => server.port === port).flatMap(dnsNamesOf));
}

/** One way in to a host: an operation of a rule of an ALLOW. */
export interface Grant {
    readonly policy: Subject;
    readonly rule: AuthorizationRule;
    /** Nothing in it where the rule has no `to`. */
    readonly operation: Fields;
}

/** What the ALLOWs that hold at a gateway say about an exposure; a rule that names neither host nor port speaks of all. */
export function grantsAt(world: World, exposure: Exposure): readonly Grant[] {
    return policiesAt(world, exposure.gateway, AUTHORIZATION).flatMap((policy) =>
        actionOf(policy) === "ALLOW" ? grantsOf(policy, exposure) : [],
    );
}

export function grantsOf(policy: Subject, { host, port }: Pick<Exposure, "host" | "port">): readonly Grant[] {
    return rulesOf(policy).flatMap((rule) => {
        const operations: readonly Fields[] =
            rule.operations.length === 0 ? [{}] : rule.operations.map(({ fields }) => fields);
        const names = rule.conditions
            .filter(({ key }) => key === "connection.sni")
            .flatMap(({ values }) => values);
        return operations
            .filter((operation) => {
                const ports = texts(operation["ports"]);
                const hosts = [...texts(operation["hosts"]), ...names];
                return (
                    (ports.length === 0 || ports.includes(String(port))) &&
                    (hosts.length === 0 || hosts.some((pattern) => matchesHost(pattern, host)))
                );
            })
            .map((operation) => ({ policy, rule, operation }));
    });
}
