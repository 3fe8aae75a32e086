/** What the ports of a policy's workloads speak. */
import { selectorOf } from "./authorization";
import { portsOf } from "./hosts";
import { labelsAt, list, numberAt, selects, textAt } from "./read";
import { type Subject } from "./subject";
import { podOf, WORKLOADS } from "./workload";
import { type World } from "./world";

/** `mutual`: a gateway for the mesh's own clients, which may carry HTTP and bytes under one number. */
export type PortProtocol = "http" | "tcp" | "redirect" | "mutual";

/**
 * Ports, as the pods number them, of what a policy selects. Services tell of workloads, Gateways of their proxies; a
 * port that neither knows is missing.
 */
export function protocolsBehind(world: World, policy: Subject): ReadonlyMap<string, PortProtocol> {
    const selector = selectorOf(policy);
    const key = `${policy.namespace} ${JSON.stringify(selector)}`;
    const known = answered.get(world) ?? new Map<string, ReadonlyMap<string, PortProtocol>>();
    answered.set(world, known);
    const found = known.get(key) ?? findProtocols(world, policy, selector);
    known.set(key, found);
    return found;
}

/** What was found out about a stack: several rules ask it of every policy. */
const answered = new WeakMap<World, Map<string, ReadonlyMap<string, PortProtocol>>>();

function findProtocols(
    world: World,
    policy: Subject,
    selector: Readonly<Record<string, string>>,
): ReadonlyMap<string, PortProtocol> {
    const protocols = new Map<string, PortProtocol>();
    for (const service of servicesBehind(world, policy.namespace, selector)) {
        for (const { target, protocol } of portsOf(service)) protocols.set(String(target), protocol);
    }
    for (const gateway of world.gatewaysOf(selector)) {
        for (const server of list(gateway.spec["servers"])) {
            const number = numberAt(server, "port", "number");
            if (number !== undefined) protocols.set(String(number), protocolOfServer(server));
        }
    }
    return protocols;
}

/** Services whose pods a selector finds: they carry its labels themselves, or select on them, or their pods do. */
export function servicesBehind(
    world: World,
    namespace: string,
    selector: Readonly<Record<string, string>>,
): readonly Subject[] {
    const pods = world.within(namespace, ...WORKLOADS).map((workload) => podOf(workload).labels);
    return world.within(namespace, "core/Service").filter((service) => {
        const own = labelsAt(service.spec, "selector");
        if (Object.keys(own).length === 0) return false;
        if (Object.keys(selector).length === 0 || selects(selector, own)) return true;
        return pods.some((labels) => selects(own, labels) && selects(selector, labels));
    });
}

/** A gateway's server: TLS that it ends itself and does not know as HTTP is bytes to its policies. */
function protocolOfServer(server: unknown): PortProtocol {
    const protocol = (textAt(server, "port", "protocol") ?? "").toUpperCase();
    const mode = textAt(server, "tls", "mode") ?? "";
    if (textAt(server, "tls", "httpsRedirect") === "true") return "redirect";
    if (mode === "ISTIO_MUTUAL") return "mutual";
    if (["HTTP", "HTTP2", "GRPC"].includes(protocol)) return "http";
    return protocol === "HTTPS" && !mode.includes("PASSTHROUGH") ? "http" : "tcp";
}
