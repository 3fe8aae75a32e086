/** Gateways behind the PROXY protocol, by which whoever connects says from where, and to which port. */
import { parse } from "yaml";
import { at, labelsAt, selects } from "./read";
import { type Subject } from "./subject";
import { type Pod, podOf, WORKLOADS } from "./workload";
import { type World } from "./world";

/** What a pod's annotation of this name says overrides the mesh's `defaultConfig`. */
const PROXY_CONFIG = "proxy.istio.io/config";

/** What may say that the PROXY protocol is spoken, besides a MeshConfig. */
export const PROXY_CONFIG_HOLDERS: readonly string[] = ["helm.sh/Release", ...WORKLOADS];

/** Whether the proxies that a Gateway selects take the PROXY protocol, as far as this stack says. */
export function speaksProxyProtocol(world: World, gateway: Subject): boolean {
    const selector = labelsAt(gateway.spec, "selector");
    return (
        world.meshConfigs.some(({ config }) => isOn(config["defaultConfig"])) ||
        world
            .within(gateway.namespace, ...PROXY_CONFIG_HOLDERS)
            .map(proxiesOf)
            .some(
                ({ labels, annotations }) =>
                    Object.keys(selector).length > 0 &&
                    selects(selector, labels) &&
                    isOn(parsed(annotations[PROXY_CONFIG])),
            )
    );
}

function proxiesOf(subject: Subject): Pick<Pod, "labels" | "annotations"> {
    if (subject.id !== "helm.sh/Release") return podOf(subject);
    // Istio's gateway chart names its pods by the release, and once more without `istio-`.
    const own = { app: subject.name, istio: subject.name.replace(/^istio-/, "") };
    return {
        labels: { ...own, ...labelsAt(subject.props, "values", "labels") },
        annotations: labelsAt(subject.props, "values", "podAnnotations"),
    };
}

function isOn(proxyConfig: unknown): boolean {
    const spoken = at(proxyConfig, "gatewayTopology", "proxyProtocol");
    return spoken !== undefined && spoken !== null;
}

function parsed(annotation = ""): unknown {
    try {
        return parse(annotation);
    } catch {
        // Istio's webhook refuses the pod: nothing runs behind it.
        return undefined;
    }
}
