/** Protocols on the ports of the workloads that a policy selects. */
import { selectorOf } from "./authorization";
import { portsOf, type ServiceProtocol } from "./hosts";
import { at, labelsAt, list, numberAt, selects, textAt } from "./read";
import { type GatewayServer, serversBehind } from "./servers";
import { type Subject } from "./subject";
import { containersOf, podOf, WORKLOADS } from "./workload";
import { type StackResources } from "./stack-resources";

type Labels = Readonly<Record<string, string>>;

/** `mutual`: a gateway for clients in the mesh, which may serve HTTP and TCP on one port number. */
export type PortProtocol = ServiceProtocol | "redirect" | "mutual";

/**
 * Protocols by port number of the selected pods. The ports of workloads come from Services, those of gateway
 * proxies from Gateways. Ports that are declared in neither are missing.
 */
export function protocolsBehind(stack: StackResources, policy: Subject): ReadonlyMap<string, PortProtocol> {
    const selector = selectorOf(policy);
    const key = `protocols of ${policy.namespace} ${JSON.stringify(selector)}`;
    return new Map(stack.collect(key, [policy], () => findProtocols(stack, policy.namespace, selector)));
}

function findProtocols(
    stack: StackResources,
    namespace: string,
    selector: Labels,
): readonly (readonly [string, PortProtocol])[] {
    const behind = servicesBehind(stack, namespace, selector);
    const ofServices = stack.collect(
        `ports behind ${namespace} ${JSON.stringify(selector)}`,
        behind,
        (service) =>
            portsOf(service).flatMap(({ target, protocol }) =>
                numbersOf(stack, service, target).map((number) => [String(number), protocol] as const),
            ),
    );
    const ofGateways = serversBehind(stack, selector).flatMap((server) =>
        server.port === undefined ? [] : [[String(server.port), protocolOfServer(server)] as const],
    );
    return [...ofServices, ...ofGateways];
}

/** Port numbers of a Service's targetPort. A named port can have a different number in each pod. */
function numbersOf(stack: StackResources, service: Subject, target: number | string): readonly number[] {
    if (typeof target === "number") return [target];
    const selector = labelsAt(service.spec, "selector");
    return stack
        .within(service.namespace, ...WORKLOADS)
        .map(podOf)
        .filter(({ labels }) => selects(selector, labels))
        .flatMap(containersOf)
        .flatMap(({ fields }) => list(at(fields, "ports")))
        .filter((port) => textAt(port, "name") === target)
        .flatMap((port) => numberAt(port, "containerPort") ?? []);
}

/**
 * Services whose pods match a selector: by their labels, by the Service's selector, or by the pods
 * themselves. In the root namespace a policy selects pods of all namespaces.
 */
export function servicesBehind(
    stack: StackResources,
    namespace: string,
    selector: Labels,
): readonly Subject[] {
    const isRoot = stack.rootNamespaces.includes(namespace);
    const services = isRoot ? stack.all("core/Service") : stack.within(namespace, "core/Service");
    const { pods } = stack;
    return stack.collect(`services behind ${namespace} ${JSON.stringify(selector)}`, services, (service) => {
        const serviceSelector = labelsAt(service.spec, "selector");
        if (Object.keys(serviceSelector).length === 0) return [];
        const isBehind =
            selects(selector, serviceSelector) ||
            pods.some(
                ({ namespace: home, labels }) =>
                    home === service.namespace &&
                    selects(serviceSelector, labels) &&
                    selects(selector, labels),
            );
        return isBehind ? [service] : [];
    });
}

function protocolOfServer({ isRedirect, isIstioMutual, readsHttp }: GatewayServer): PortProtocol {
    if (isRedirect) return "redirect";
    if (isIstioMutual) return "mutual";
    return readsHttp ? "http" : "tcp";
}
