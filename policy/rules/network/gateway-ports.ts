import { portsOf } from "../../core/hosts";
import { speaksProxyProtocol } from "../../core/proxy-protocol";
import { isNonEmpty, labelsAt, list, numberAt, textAt } from "../../core/read";
import { type StackResources } from "../../core/stack-resources";
import { type Subject } from "../../core/subject";

/** Public ports of a gateway's pods: those of its servers, the targetPorts of its Service, and its health port. */
export function isGatewayPort(stack: StackResources, { spec, namespace }: Subject, port: number): boolean {
    const labels = labelsAt(spec, "podSelector", "matchLabels");
    const gateways = stack.gatewaysOf(labels);
    // With the PROXY protocol every client can claim any source address, so only the load balancer may
    // connect.
    if (gateways.length === 0 || gateways.some((gateway) => speaksProxyProtocol(stack, gateway)))
        return false;
    const servers = gateways
        .flatMap((gateway) => list(gateway.spec["servers"]))
        .filter((server) => textAt(server, "tls", "mode") !== "ISTIO_MUTUAL")
        .map((server) => numberAt(server, "port", "number"));
    const targets = stack
        .within(namespace, "core/Service")
        .filter(
            (service) =>
                isNonEmpty(service.spec["selector"]) &&
                stack.gatewaysOf(labelsAt(service.spec, "selector")).length > 0,
        )
        .flatMap((service) => portsOf(service).filter(({ number }) => servers.includes(number)))
        .map(({ target }) => target);
    return [...servers, ...targets, 15021].includes(port);
}
