/** Gateways with the PROXY protocol, in which the client states its source address and destination port. */
import { proxiesOf } from "./gateway-proxies";
import { PROXY_CONFIG, parseProxyConfig } from "./proxy-config";
import { at } from "./read";
import { type Subject } from "./subject";
import { type StackResources } from "./stack-resources";

/** Whether the proxies that a Gateway selects accept the PROXY protocol, as far as this stack shows. */
export function speaksProxyProtocol(stack: StackResources, gateway: Subject): boolean {
    return (
        stack.meshConfigs.some(({ config }) => isOn(config["defaultConfig"])) ||
        proxiesOf(stack, gateway).some(({ annotations }) => isOn(parsed(annotations[PROXY_CONFIG])))
    );
}

function isOn(proxyConfig: unknown): boolean {
    // protobuf's JSON accepts both spellings of a field name.
    const topologies = [at(proxyConfig, "gatewayTopology"), at(proxyConfig, "gateway_topology")];
    return topologies.some((topology) =>
        ["proxyProtocol", "proxy_protocol"].some((key) => (at(topology, key) ?? null) !== null),
    );
}

function parsed(annotation = ""): unknown {
    try {
        return parseProxyConfig(annotation, PROXY_CONFIG);
    } catch {
        // Istio's webhook rejects such a pod, so that nothing runs with it.
        return undefined;
    }
}
