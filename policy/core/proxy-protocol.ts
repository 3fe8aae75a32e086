/** Gateways behind the PROXY protocol, by which whoever connects says from where, and to which port. */
import { proxiesOf } from "./gateway-proxies";
import { PROXY_CONFIG, parseProxyConfig } from "./proxy-config";
import { at } from "./read";
import { type Subject } from "./subject";
import { type World } from "./world";

/** Whether the proxies that a Gateway selects take the PROXY protocol, as far as this stack says. */
export function speaksProxyProtocol(world: World, gateway: Subject): boolean {
    return (
        world.meshConfigs.some(({ config }) => isOn(config["defaultConfig"])) ||
        proxiesOf(world, gateway).some(({ annotations }) => isOn(parsed(annotations[PROXY_CONFIG])))
    );
}

function isOn(proxyConfig: unknown): boolean {
    // protobuf's JSON takes both spellings of a field's name.
    const topologies = [at(proxyConfig, "gatewayTopology"), at(proxyConfig, "gateway_topology")];
    return topologies.some((topology) =>
        ["proxyProtocol", "proxy_protocol"].some((key) => (at(topology, key) ?? null) !== null),
    );
}

function parsed(annotation = ""): unknown {
    try {
        return parseProxyConfig(annotation, PROXY_CONFIG);
    } catch {
        // Istio's webhook refuses the pod: nothing runs behind it.
        return undefined;
    }
}
