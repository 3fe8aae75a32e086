/** Networks in CIDR notation. */
import { BlockList, isIP } from "node:net";

interface Network {
    readonly family: "ipv4" | "ipv6";
    readonly address: string;
    readonly bits: number;
}

type Bounds = Readonly<Record<Network["family"], number>>;

const BITS: Bounds = { ipv4: 32, ipv6: 128 };

/** The widest networks that can belong to one organization. */
export const WIDEST_ORGANIZATION_NETWORK: Bounds = { ipv4: 8, ipv6: 16 };

/** The widest networks that can belong to one service, rather than to a whole organization. */
export const WIDEST_SERVICE_NETWORK: Bounds = { ipv4: 16, ipv6: 32 };

/** Maximum number of networks of the widest size. A longer list can cover the whole address space. */
const MAX_WIDEST_NETWORKS = 4;

/** A CIDR or a single address; undefined if the text is neither. */
export function parseNetwork(cidr: string): Network | undefined {
    const [address = "", length, ...rest] = cidr.split("/");
    const version = isIP(address);
    if (version === 0 || rest.length > 0) return undefined;
    const family = version === 4 ? "ipv4" : "ipv6";
    const bits = length === undefined ? BITS[family] : Number(length);
    return length === "" || !Number.isInteger(bits) || bits < 0 || bits > BITS[family]
        ? undefined
        : { family, address, bits };
}

/** For public address ranges the limit is narrower: a cloud provider's /8 holds all of its customers. */
const WIDEST_PUBLIC_NETWORK: Bounds = { ipv4: 16, ipv6: 32 };

/**
 * The entries of `cidrs` that are wider than `widest` or not a network; all of them if they are too wide in
 * total.
 */
export function tooWide(
    cidrs: readonly string[],
    widest: Bounds = WIDEST_ORGANIZATION_NETWORK,
): readonly string[] {
    const networks = cidrs.map(parseNetwork);
    const bound = ({ family }: Network, index: number): number =>
        isPrivate(cidrs[index] ?? "")
            ? widest[family]
            : Math.max(widest[family], WIDEST_PUBLIC_NETWORK[family]);
    const share = networks.reduce(
        (sum, network, index) =>
            sum + (network === undefined ? 0 : 2 ** (bound(network, index) - network.bits)),
        0,
    );
    if (share > MAX_WIDEST_NETWORKS) return cidrs;
    return cidrs.filter((_, index) => {
        const network = networks[index];
        return network === undefined || network.bits < bound(network, index);
    });
}

/** Whether an address is in a network. */
export function hasAddress(cidr: string, address: string): boolean {
    const network = parseNetwork(cidr);
    const other = parseNetwork(address);
    if (network === undefined || network.family !== other?.family) return false;
    return listOf(cidr, network).check(address, network.family);
}

/** Private address ranges (RFC 1918, 6598, 3927, 4193). */
export const PRIVATE_NETWORKS: readonly string[] = [
    "10.0.0.0/8",
    "100.64.0.0/10",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "fc00::/7",
];

const privacy = new Map<string, boolean>();

/** Whether a network lies entirely within the private address ranges. */
export function isPrivate(cidr: string): boolean {
    const known = privacy.get(cidr) ?? isWithinPrivate(cidr);
    privacy.set(cidr, known);
    return known;
}

function isWithinPrivate(cidr: string): boolean {
    const network = parseNetwork(cidr);
    return PRIVATE_NETWORKS.some((range) => {
        const { bits = 0 } = parseNetwork(range) ?? {};
        return network !== undefined && network.bits >= bits && hasAddress(range, network.address);
    });
}

const lists = new Map<string, BlockList>();

function listOf(cidr: string, { address, bits, family }: Network): BlockList {
    const known = lists.get(cidr);
    if (known !== undefined) return known;
    const list = new BlockList();
    list.addSubnet(address, bits, family);
    lists.set(cidr, list);
    return list;
}
