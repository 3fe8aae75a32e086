/** What gateways offer, and which rules let requests in to it. */
import { type AuthorizationRule, rulesOf, selectorOf } from "./authorization";
import { dnsName } from "./hosts";
import { at, type Fields, labelsAt, list, numberAt, selects, textAt, texts } from "./read";
import { type Subject } from "./subject";
import { type World } from "./world";

export interface Exposure {
    readonly gateway: Subject;
    readonly host: string;
    readonly port: number;
    readonly protocol: "http" | "tls" | "redirect";
    /** Whether only the mesh's own clients get in: an egress gateway. */
    readonly mutual: boolean;
    /** Whether it is the only host of its port, so that the port says it all. */
    readonly alone: boolean;
}

const known = new WeakMap<World, readonly Exposure[]>();

/** Every host of every Gateway; worked out once for a stack, for all the rules that ask. */
export function exposures(world: World): readonly Exposure[] {
    const found = known.get(world) ?? allExposures(world);
    known.set(world, found);
    return found;
}

function allExposures(world: World): readonly Exposure[] {
    return world.all("networking.istio.io/Gateway").flatMap((gateway) => exposuresOf(world, gateway));
}

function exposuresOf(world: World, gateway: Subject): readonly Exposure[] {
    return list(gateway.spec["servers"]).flatMap((server) => {
        const port = numberAt(server, "port", "number") ?? 0;
        const protocol = (textAt(server, "port", "protocol") ?? "").toUpperCase();
        const redirect = textAt(server, "tls", "httpsRedirect") === "true";
        const hosts = hostsAt(world, labelsAt(gateway.spec, "selector"), port);
        return texts(at(server, "hosts")).map((host) => ({
            gateway,
            host: dnsName(host),
            port,
            protocol: redirect
                ? ("redirect" as const)
                : protocol.startsWith("HTTP")
                  ? ("http" as const)
                  : ("tls" as const),
            mutual: textAt(server, "tls", "mode") === "ISTIO_MUTUAL",
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
    const servers = world.gatewaysOf(selector).flatMap(({ spec }) => list(spec["servers"]));
    return new Set(
        servers
            .filter((server) => numberAt(server, "port", "number") === port)
            .flatMap((server) => texts(at(server, "hosts")).map(dnsName)),
    );
}

export interface Grant {
    readonly rule: AuthorizationRule;
    /** Nothing in it where the rule has no `to`. */
    readonly operation: Fields;
}

/** What a policy's rules say about an exposure; a rule that names neither host nor port speaks of every one. */
export function grantsAt(policy: Subject, { gateway, host, port }: Exposure): readonly Grant[] {
    const labels = labelsAt(gateway.spec, "selector");
    if (policy.namespace !== gateway.namespace || !selects(selectorOf(policy), labels)) return [];
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
                    (hosts.length === 0 || hosts.some((pattern) => fits(pattern, host)))
                );
            })
            .map((operation) => ({ rule, operation }));
    });
}

function fits(pattern: string, host: string): boolean {
    const bare = pattern.replace(/:\*$|:\d+$/, "");
    if (bare.startsWith("*")) return host.endsWith(bare.slice(1));
    return bare.endsWith("*") ? host.startsWith(bare.slice(0, -1)) : bare === host;
}
