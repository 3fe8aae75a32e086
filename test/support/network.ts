/** Evaluates NetworkPolicies as Kubernetes' reference specifies, with `except` and absent peers and ports. */
import { BlockList } from "node:net";

interface Peer {
    readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
    readonly podSelector?: object;
    readonly namespaceSelector?: object;
}

interface Rule {
    readonly from?: readonly Peer[];
    readonly to?: readonly Peer[];
    readonly ports?: readonly { readonly port?: number | string; readonly protocol?: string }[];
}

export interface NetworkPolicy {
    readonly metadata: { readonly name: string; readonly namespace?: string };
    readonly spec?: { readonly egress?: readonly Rule[]; readonly ingress?: readonly Rule[] };
}

/** Whether a policy allows TCP `port` to (egress) or from (ingress) an address that is not a pod's. */
export function allowsAddress(
    policy: NetworkPolicy,
    direction: "egress" | "ingress",
    address: string,
    port: number,
): boolean {
    const rules = policy.spec?.[direction] ?? [];
    return rules.some((rule) => {
        const peers = (direction === "egress" ? rule.to : rule.from) ?? [];
        const isPort =
            rule.ports === undefined ||
            rule.ports.some(
                (one) => (one.protocol ?? "TCP") === "TCP" && (one.port === undefined || one.port === port),
            );
        return isPort && (peers.length === 0 || peers.some((peer) => hasAddress(peer, address)));
    });
}

function hasAddress({ ipBlock }: Peer, address: string): boolean {
    return (
        ipBlock !== undefined &&
        isInRange(ipBlock.cidr, address) &&
        !(ipBlock.except ?? []).some((except) => isInRange(except, address))
    );
}

export function isInRange(cidr: string, address: string): boolean {
    const [network = "", bits = ""] = cidr.split("/");
    const list = new BlockList();
    list.addSubnet(network, Number(bits), "ipv4");
    return list.check(address, "ipv4");
}
