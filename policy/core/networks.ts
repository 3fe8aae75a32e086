/** Networks as CIDRs write them. */
import { BlockList, isIP } from "node:net";

interface Network {
    readonly family: "ipv4" | "ipv6";
    readonly address: string;
    readonly bits: number;
}

type Bounds = Readonly<Record<Network["family"], number>>;

const BITS: Bounds = { ipv4: 32, ipv6: 128 };

/** The widest networks that are still somebody's own. */
export const SOMEBODYS: Bounds = { ipv4: 8, ipv6: 16 };

/** The widest networks that are still one party's, and not all that a company has. */
export const ONE_PARTYS: Bounds = { ipv4: 16, ipv6: 32 };

/** As many networks of the widest kind are still a list of somebody's; more are a way to write everywhere. */
const AT_MOST = 4;

/** A CIDR, or an address alone; undefined where a text is neither. */
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

/** Of what the Internet routes to, somebody's own is no wider: a cloud's /8 is all of its customers. */
const PUBLIC: Bounds = { ipv4: 16, ipv6: 32 };

/** Those of `cidrs` that are wider than `widest`, or are no network; all of them where they are so together. */
export function tooWide(cidrs: readonly string[], widest: Bounds = SOMEBODYS): readonly string[] {
    const networks = cidrs.map(parseNetwork);
    const bound = ({ family }: Network, index: number): number =>
        isPrivate(cidrs[index] ?? "") ? widest[family] : Math.max(widest[family], PUBLIC[family]);
    const share = networks.reduce(
        (sum, network, index) =>
            sum + (network === undefined ? 0 : 2 ** (bound(network, index) - network.bits)),
        0,
    );
    if (share > AT_MOST) return cidrs;
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

/** What the Internet does not route to (RFC 1918, 6598, 3927, 4193). */
export const PRIVATE_NETWORKS: readonly string[] = [
    "10.0.0.0/8",
    "100.64.0.0/10",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "fc00::/7",
];

const privacy = new Map<string, boolean>();

/** Whether the whole of a network is one that the Internet does not route to. */
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
