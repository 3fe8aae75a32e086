import { BlockList, isIPv4 } from "node:net";
import type { NetworkPolicyPeer, NetworkPolicyPort } from "kubernetes-types/networking/v1";
import { Kept } from "../world/kept";
import type { Of, World } from "../world/world";
import { selects } from "./match";
import { type Step, type Workload, key, nameOf } from "./model";

type Policy = Of<"NetworkPolicy">;

/** The other end: a pod, or a host outside the cluster, whose address may be known. */
export type Peer = Workload | "outside" | { readonly address: string };

export interface NetworkPort {
    readonly name: string;
    /** Of the pod. */
    readonly number: number;
}

const steps = new Kept<Kept<Step>>();
const OUTSIDE = {};

/** Whether the network lets connections out of `pod` to `peer`, or in from it: TCP, as all of the mesh. */
export function network(
    world: World,
    direction: "egress" | "ingress",
    pod: Workload,
    peer: Peer,
    port: NetworkPort,
): Step {
    return steps
        .of(world, pod, direction, () => new Kept())
        .of(world, peer === "outside" ? OUTSIDE : peer, `${port.number} ${port.name}`, () =>
            judged(world, direction, pod, peer, port),
        );
}

const policies = new Kept<readonly Policy[]>();

function judged(
    world: World,
    direction: "egress" | "ingress",
    pod: Workload,
    peer: Peer,
    port: NetworkPort,
): Step {
    const applying = policies.of(world, pod, direction, () =>
        world.of("NetworkPolicy").filter((policy) => applies(policy, direction, pod)),
    );
    const step = { layer: `NetworkPolicy ${direction}` as const, at: nameOf(pod) };
    if (applying.length === 0) {
        const text = "no NetworkPolicy selects the pod in this direction: all passes";
        return { ...step, verdict: "not there", objects: [], text, conditions: [] };
    }
    const found = applying.map((policy) => ({ policy, ...ruleOf(world, policy, direction, peer, port) }));
    const [open] = [
        ...found.filter(({ certain }) => certain),
        ...found.filter(({ blocks }) => blocks.length > 0),
    ];
    if (open === undefined) {
        return {
            ...step,
            verdict: "denies",
            objects: applying.map(key),
            text: `no rule of the ${applying.length} that select the pod opens TCP ${port.number} ${direction === "egress" ? "to" : "from"} ${peerName(peer)}`,
            conditions: [],
        };
    }
    return {
        ...step,
        verdict: "passes",
        objects: [key(open.policy)],
        text: `opens TCP ${port.number} ${direction === "egress" ? "to" : "from"} ${peerName(peer)}`,
        conditions: open.certain ? [] : [`its address is in ${open.blocks.join(", ")}`],
    };
}

function peerName(peer: Peer): string {
    if (peer === "outside") return "outside the cluster";
    return "address" in peer ? peer.address : nameOf(peer);
}

function applies({ metadata, spec }: Policy, direction: "egress" | "ingress", pod: Workload): boolean {
    if (metadata.namespace !== pod.namespace) return false;
    if (!selects(spec?.podSelector ?? {}, pod.labels)) return false;
    // Said nothing, every policy is about what comes in, and about what goes out if it has rules for that.
    const types = spec?.policyTypes ?? ["Ingress", ...(spec?.egress === undefined ? [] : ["Egress"])];
    return types.includes(direction === "egress" ? "Egress" : "Ingress");
}

/** Whether a rule opens it for certain, or else which address blocks would. */
function ruleOf(
    world: World,
    { metadata, spec }: Policy,
    direction: "egress" | "ingress",
    peer: Peer,
    port: NetworkPort,
) {
    const home = metadata.namespace ?? "";
    const rules =
        direction === "egress"
            ? (spec?.egress ?? []).map(({ to, ports }) => ({ peers: to ?? [], ports: ports ?? [] }))
            : (spec?.ingress ?? []).map(({ from, ports }) => ({ peers: from ?? [], ports: ports ?? [] }));
    const open = rules.filter(({ ports }) => ports.length === 0 || ports.some((one) => isPort(one, port)));
    const certain = open.some(
        ({ peers }) => peers.length === 0 || peers.some((one) => isPeer(world, one, home, peer)),
    );
    // An address block is meant for what is outside: a pod's address is not known here.
    const blocks = (peer === "outside" ? open : []).flatMap(({ peers }) =>
        peers.flatMap(({ ipBlock }) => (ipBlock === undefined ? [] : [describeBlock(ipBlock)])),
    );
    return { certain, blocks };
}

function isPort(
    { port, endPort, protocol = "TCP" }: NetworkPolicyPort,
    { name, number }: NetworkPort,
): boolean {
    if (protocol !== "TCP") return false;
    if (port === undefined) return true;
    if (typeof port === "string") return port === name;
    return number >= port && number <= (endPort ?? port);
}

function isPeer(
    world: World,
    { namespaceSelector, podSelector, ipBlock }: NetworkPolicyPeer,
    home: string,
    peer: Peer,
): boolean {
    if (ipBlock !== undefined) {
        if (peer !== "outside" && "address" in peer)
            return (
                contains(ipBlock.cidr, peer.address) &&
                !(ipBlock.except ?? []).some((except) => contains(except, peer.address))
            );
        return ipBlock.cidr.endsWith("/0") && (ipBlock.except ?? []).length === 0;
    }
    if (peer === "outside" || "address" in peer) return false;
    const inNamespace =
        namespaceSelector === undefined
            ? peer.namespace === home
            : selects(namespaceSelector, world.namespaceLabels(peer.namespace));
    return inNamespace && selects(podSelector ?? {}, peer.labels);
}

/** Whether an IPv4 address is in a block; never in one of IPv6. */
function contains(cidr: string, address: string): boolean {
    const [network = "", bits = ""] = cidr.split("/");
    if (!isIPv4(network)) return false;
    const block = new BlockList();
    block.addSubnet(network, Number(bits), "ipv4");
    return block.check(address, "ipv4");
}

function describeBlock({ cidr, except = [] }: { cidr: string; except?: string[] }): string {
    return except.length === 0 ? cidr : `${cidr} without ${except.join(" and ")}`;
}
