/** Private networks outside the cluster that the egress gateway reaches, such as databases in the VPC. */
import { BlockList } from "node:net";
import type { ExternalGroup } from "../../../catalogue/model";
import { reachableHosts } from "../../../catalogue/query";
import { INTERNET, PRIVATE_RANGES } from "../../../config/egress";
import type { MeshConfig } from "../../../config/schema";
import { clusterNetworks } from "./cluster-networks";
import { ANYWHERE } from "../../base/flow";
import type { Platform } from "../../base/platform";
import { SERVICE_NETWORK, zoneSubnets } from "./subnets";

/** The CIDR blocks of a group's network; undefined if its hosts are public. */
export function privateNetworkOf(
    { network = INTERNET }: ExternalGroup,
    { egress }: Pick<MeshConfig, "egress">,
): readonly string[] | undefined {
    if (network === INTERNET) return undefined;
    // An unknown name allows nothing; `privateNetworkProblems` reports it.
    return Object.hasOwn(egress.networks, network) ? egress.networks[network] : [];
}

/** A CIDR block and a TCP port. */
export interface NetworkDestination {
    readonly cidr: string;
    readonly port: number;
}

/**
 * The destinations of the catalogue's external hosts, without duplicates, by port; `0.0.0.0/0` stands for public
 * addresses.
 */
export function externalDestinations({ catalogue, config }: Platform): NetworkDestination[] {
    const all = reachableHosts(catalogue).flatMap(({ group, host: { port } }) =>
        (privateNetworkOf(group, config) ?? [ANYWHERE]).map((cidr) => ({ cidr, port })),
    );
    return [...new Map(all.map((one) => [`${one.cidr}:${one.port}`, one])).values()].sort(
        (a, b) => a.port - b.port,
    );
}

/**
 * The policy pack's maximum number of addresses in all private networks that one pod reaches
 * (`network-cidr-size`).
 */
const MAX_ADDRESSES = 8192;

/** The shortest prefix length that does not exceed it. */
const MIN_BITS = 19;

/** Link-local addresses, among them cloud metadata services. */
const LINK_LOCAL = "169.254.0.0/16";

/** Reports mistakes in `egress.networks`, and in external groups that name a network. */
export function privateNetworkProblems({ catalogue, config }: Platform): string[] {
    const { networks } = config.egress;
    const known = Object.keys(networks).sort();
    const named = new Map(
        reachableHosts(catalogue).map(({ groupName, group }) => [groupName, group.network]),
    );
    const unknown = [...named].flatMap(([group, network]) =>
        network === undefined || network === INTERNET || known.includes(network)
            ? []
            : [
                  `egress.networks: the external group ${group} is in the network ${network}, which is not listed; ` +
                      `add egress.networks.${network} with its address ranges (known: ${known.join(", ") || "none"})`,
              ],
    );
    const ofCluster = clusterRanges(config);
    const missing =
        known.length === 0 || config.cluster.from === "eks"
            ? []
            : (["podCidrs", "serviceCidrs"] as const)
                  .filter((key) => config.network[key].length === 0)
                  .map(
                      (key) =>
                          `network.${key}: required with egress.networks, which must not contain the cluster's addresses; ` +
                          "list them, such as [10.244.0.0/16]",
                  );
    const ranges = known.flatMap((name) =>
        (networks[name] ?? []).flatMap((cidr, index) => {
            const problem = rangeProblem(cidr, ofCluster);
            return problem === undefined ? [] : [`egress.networks.${name}.${index}: ${cidr} ${problem}`];
        }),
    );
    const used = known.filter((name) => [...named.values()].includes(name));
    const count = addressCount(used.flatMap((name) => networks[name] ?? []));
    const together =
        ranges.length > 0 || count <= MAX_ADDRESSES
            ? []
            : [
                  `egress.networks: ${used.join(", ")} together have ${count} addresses, and the policy pack accepts ${MAX_ADDRESSES} ` +
                      "(network-cidr-size); list only the subnets in which the hosts are",
              ];
    return [...unknown, ...missing, ...ranges, ...together];
}

/** Two ranges that share an address are nested. Only the outer one counts. */
function addressCount(ranges: readonly string[]): number {
    return ranges
        .filter(
            (range, index) =>
                !ranges.some(
                    (other, at) =>
                        at !== index && contains(other, range) && !(contains(range, other) && index < at),
                ),
        )
        .reduce((sum, range) => sum + 2 ** (32 - bitsOf(range)), 0);
}

function rangeProblem(cidr: string, ofCluster: readonly ClusterRange[]): string | undefined {
    const container = PRIVATE_RANGES.find((range) => range !== LINK_LOCAL && contains(range, cidr));
    if (container === undefined)
        return (
            "is not in a range of private addresses; public hosts need no network, so list ranges within " +
            PRIVATE_RANGES.filter((range) => range !== LINK_LOCAL).join(", ")
        );
    if (bitsOf(cidr) < MIN_BITS)
        return `is wider than /${MIN_BITS}, the policy pack's maximum; list only the hosts' subnets`;
    const overlap = ofCluster.find(({ range }) => overlaps(range, cidr));
    if (overlap !== undefined)
        return (
            `overlaps ${overlap.range}, ${overlap.description}: egress traffic would return to the cluster; ` +
            "list only the hosts' subnets"
        );
    return undefined;
}

interface ClusterRange {
    readonly range: string;
    readonly description: string;
}

/** The cluster's address ranges, each with a description. */
function clusterRanges(config: MeshConfig): ClusterRange[] {
    const { apiServer, nodes, endpoints, loadBalancers } = clusterNetworks(config);
    const { cluster, network } = config;
    const ranges: readonly (readonly [description: string, ranges: readonly string[]])[] = [
        ["the pods' and nodes' addresses", nodes],
        ["the pods' addresses", network.podCidrs],
        ["the Services' addresses", cluster.from === "eks" ? [SERVICE_NETWORK] : network.serviceCidrs],
        ["the API server's addresses", apiServer],
        ["the VPC endpoints' addresses", endpoints],
        ["the load balancers' addresses", Object.values(loadBalancers).flat()],
        [
            "the load balancers' addresses",
            cluster.from === "eks"
                ? zoneSubnets(cluster).flatMap(({ publicCidr, internalCidr }) => [publicCidr, internalCidr])
                : [],
        ],
    ];
    return ranges.flatMap(([description, list]) => list.map((range) => ({ range, description })));
}

function bitsOf(cidr: string): number {
    return Number(cidr.split("/")[1]);
}

function addressOf(cidr: string): string {
    return cidr.split("/")[0] ?? "";
}

function contains(outer: string, inner: string): boolean {
    const list = new BlockList();
    list.addSubnet(addressOf(outer), bitsOf(outer), "ipv4");
    return bitsOf(inner) >= bitsOf(outer) && list.check(addressOf(inner), "ipv4");
}

/** Two ranges that share an address are nested. */
function overlaps(one: string, other: string): boolean {
    return contains(one, other) || contains(other, one);
}
