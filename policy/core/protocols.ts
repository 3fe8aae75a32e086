/** What the ports of a policy's workloads speak. */
import { selectorOf } from "./authorization";
import { portsOf, type ServiceProtocol } from "./hosts";
import { at, labelsAt, list, numberAt, selects, textAt } from "./read";
import { type Server, serversBehind } from "./servers";
import { type Subject } from "./subject";
import { containersOf, podOf, WORKLOADS } from "./workload";
import { type World } from "./world";

type Labels = Readonly<Record<string, string>>;

/** `mutual`: a gateway for the mesh's own clients, which may carry HTTP and bytes under one number. */
export type PortProtocol = ServiceProtocol | "redirect" | "mutual";

/**
 * Ports, as the pods number them, of what a policy selects. Services tell of workloads, Gateways of their proxies; a
 * port that neither knows is missing.
 */
export function protocolsBehind(world: World, policy: Subject): ReadonlyMap<string, PortProtocol> {
    const selector = selectorOf(policy);
    const key = `protocols of ${policy.namespace} ${JSON.stringify(selector)}`;
    return new Map(world.ask(key, [policy], () => findProtocols(world, policy.namespace, selector)));
}

function findProtocols(
    world: World,
    namespace: string,
    selector: Labels,
): readonly (readonly [string, PortProtocol])[] {
    const behind = servicesBehind(world, namespace, selector);
    const ofServices = world.ask(`ports behind ${namespace} ${JSON.stringify(selector)}`, behind, (service) =>
        portsOf(service).flatMap(({ target, protocol }) =>
            numbersOf(world, service, target).map((number) => [String(number), protocol] as const),
        ),
    );
    const ofGateways = serversBehind(world, selector).flatMap((server) =>
        server.port === undefined ? [] : [[String(server.port), protocolOfServer(server)] as const],
    );
    return [...ofServices, ...ofGateways];
}

/** The numbers behind a Service's target port: where it is a name, each of its pods says its own. */
function numbersOf(world: World, service: Subject, target: number | string): readonly number[] {
    if (typeof target === "number") return [target];
    const selector = labelsAt(service.spec, "selector");
    return world
        .within(service.namespace, ...WORKLOADS)
        .map(podOf)
        .filter(({ labels }) => selects(selector, labels))
        .flatMap(containersOf)
        .flatMap(({ fields }) => list(at(fields, "ports")))
        .filter((port) => textAt(port, "name") === target)
        .flatMap((port) => numberAt(port, "containerPort") ?? []);
}

/**
 * Services whose pods a selector finds: they carry its labels themselves, or select on them, or their pods do. In the
 * mesh's root namespace a policy selects pods of every other.
 */
export function servicesBehind(world: World, namespace: string, selector: Labels): readonly Subject[] {
    const isRoot = world.rootNamespaces.includes(namespace);
    const services = isRoot ? world.all("core/Service") : world.within(namespace, "core/Service");
    const { pods } = world;
    return world.ask(`services behind ${namespace} ${JSON.stringify(selector)}`, services, (service) => {
        const own = labelsAt(service.spec, "selector");
        if (Object.keys(own).length === 0) return [];
        const isBehind =
            selects(selector, own) ||
            pods.some(
                ({ namespace: home, labels }) =>
                    home === service.namespace && selects(own, labels) && selects(selector, labels),
            );
        return isBehind ? [service] : [];
    });
}

function protocolOfServer({ isRedirect, isMutual, readsHttp }: Server): PortProtocol {
    if (isRedirect) return "redirect";
    if (isMutual) return "mutual";
    return readsHttp ? "http" : "tcp";
}
