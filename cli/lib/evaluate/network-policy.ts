import { BlockList, isIPv4 } from "node:net";
import type { NetworkPolicyPeer, NetworkPolicyPort } from "kubernetes-types/networking/v1";
import { Memo } from "../snapshot/memo";
import type { ManifestOf, MeshSnapshot } from "../snapshot/snapshot";
import { selects } from "./match";
import { type LayerResult, type Workload, key, nameOf } from "./model";

type Policy = ManifestOf<"NetworkPolicy">;

/** The peer: a pod, or a host outside the cluster, with or without a known address. */
export type Peer = Workload | "external" | { readonly address: string };

export interface NetworkPort {
    readonly name: string;
    /** The pod's port. */
    readonly number: number;
}

const steps = new Memo<Memo<LayerResult>>();
const EXTERNAL_PEER = {};

/** Whether NetworkPolicies allow TCP connections from `pod` to `peer` (egress), or from `peer` to `pod` (ingress). */
export function network(
    snapshot: MeshSnapshot,
    direction: "egress" | "ingress",
    pod: Workload,
    peer: Peer,
    port: NetworkPort,
): LayerResult {
    return steps
        .of(snapshot, pod, direction, () => new Memo())
        .of(snapshot, peer === "external" ? EXTERNAL_PEER : peer, `${port.number} ${port.name}`, () =>
            evaluated(snapshot, direction, pod, peer, port),
        );
}

const policies = new Memo<readonly Policy[]>();

function evaluated(
    snapshot: MeshSnapshot,
    direction: "egress" | "ingress",
    pod: Workload,
    peer: Peer,
    port: NetworkPort,
): LayerResult {
    const applying = policies.of(snapshot, pod, direction, () =>
        snapshot.of("NetworkPolicy").filter((policy) => applies(policy, direction, pod)),
    );
    const step = { layer: `NetworkPolicy ${direction}` as const, at: nameOf(pod) };
    if (applying.length === 0) {
        const text = "no NetworkPolicy selects the pod in this direction: all traffic is allowed";
        return { ...step, verdict: "not-configured", objects: [], text, conditions: [] };
    }
    const rules = applying.map((policy) => ({ policy, ...ruleOf(snapshot, policy, direction, peer, port) }));
    const [allowing] = [
        ...rules.filter(({ certain }) => certain),
        ...rules.filter(({ blocks }) => blocks.length > 0),
    ];
    if (allowing === undefined) {
        return {
            ...step,
            verdict: "denied",
            objects: applying.map(key),
            text: `none of the policies that select the pod (${applying.length}) allows TCP ${port.number} ${direction === "egress" ? "to" : "from"} ${peerName(peer)}`,
            conditions: [],
        };
    }
    return {
        ...step,
        verdict: "allowed",
        objects: [key(allowing.policy)],
        text: `allows TCP ${port.number} ${direction === "egress" ? "to" : "from"} ${peerName(peer)}`,
        conditions: allowing.certain ? [] : [`its address is in ${allowing.blocks.join(", ")}`],
    };
}

function peerName(peer: Peer): string {
    if (peer === "external") return "outside the cluster";
    return "address" in peer ? peer.address : nameOf(peer);
}

function applies({ metadata, spec }: Policy, direction: "egress" | "ingress", pod: Workload): boolean {
    if (metadata.namespace !== pod.namespace) return false;
    if (!selects(spec?.podSelector ?? {}, pod.labels)) return false;
    // Without policyTypes, a policy applies to ingress, and to egress if it has egress rules.
    const types = spec?.policyTypes ?? ["Ingress", ...(spec?.egress === undefined ? [] : ["Egress"])];
    return types.includes(direction === "egress" ? "Egress" : "Ingress");
}

/** Whether a rule certainly allows it; otherwise the IP blocks that would. */
function ruleOf(
    snapshot: MeshSnapshot,
    { metadata, spec }: Policy,
    direction: "egress" | "ingress",
    peer: Peer,
    port: NetworkPort,
) {
    const policyNamespace = metadata.namespace ?? "";
    const rules =
        direction === "egress"
            ? (spec?.egress ?? []).map(({ to, ports }) => ({ peers: to ?? [], ports: ports ?? [] }))
            : (spec?.ingress ?? []).map(({ from, ports }) => ({ peers: from ?? [], ports: ports ?? [] }));
    const open = rules.filter(({ ports }) => ports.length === 0 || ports.some((one) => isPort(one, port)));
    const certain = open.some(
        ({ peers }) =>
            peers.length === 0 || peers.some((one) => isPeer(snapshot, one, policyNamespace, peer)),
    );
    // IP blocks count for external peers only: pod addresses are unknown here.
    const blocks = (peer === "external" ? open : []).flatMap(({ peers }) =>
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
    snapshot: MeshSnapshot,
    { namespaceSelector, podSelector, ipBlock }: NetworkPolicyPeer,
    policyNamespace: string,
    peer: Peer,
): boolean {
    if (ipBlock !== undefined) {
        if (peer !== "external" && "address" in peer)
            return (
                contains(ipBlock.cidr, peer.address) &&
                !(ipBlock.except ?? []).some((except) => contains(except, peer.address))
            );
        return ipBlock.cidr.endsWith("/0") && (ipBlock.except ?? []).length === 0;
    }
    if (peer === "external" || "address" in peer) return false;
    const inNamespace =
        namespaceSelector === undefined
            ? peer.namespace === policyNamespace
            : selects(namespaceSelector, snapshot.namespaceLabels(peer.namespace));
    return inNamespace && selects(podSelector ?? {}, peer.labels);
}

/** Whether an IPv4 address is in a block; false for IPv6 blocks. */
function contains(cidr: string, address: string): boolean {
    const [network = "", bits = ""] = cidr.split("/");
    if (!isIPv4(network)) return false;
    const block = new BlockList();
    block.addSubnet(network, Number(bits), "ipv4");
    return block.check(address, "ipv4");
}

function describeBlock({ cidr, except = [] }: { cidr: string; except?: string[] }): string {
    return except.length === 0 ? cidr : `${cidr} except ${except.join(", ")}`;
}
