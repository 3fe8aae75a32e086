/** Sets of IP addresses, so that CIDRs are checked by what they cover together and not one by one. */
import { isIPv4 } from "node:net";
import { parseNetwork } from "./networks";

/** First and last address, both inclusive. */
interface Range {
    readonly first: bigint;
    readonly last: bigint;
}

type Family = "ipv4" | "ipv6";

const WIDTH: Readonly<Record<Family, number>> = { ipv4: 32, ipv6: 128 };

/** Addresses of one family, as sorted ranges that neither overlap nor touch. */
export class AddressSet {
    private constructor(
        private readonly family: Family,
        private readonly ranges: readonly Range[],
    ) {}

    /** The entries of `cidrs` that belong to the family. Texts that are not a network are ignored. */
    static of(family: Family, cidrs: readonly string[]): AddressSet {
        return new AddressSet(family, joined(cidrs.flatMap((cidr) => rangeOf(family, cidr) ?? [])));
    }

    get count(): bigint {
        return this.ranges.reduce((sum, { first, last }) => sum + last - first + 1n, 0n);
    }

    with(other: AddressSet): AddressSet {
        return new AddressSet(this.family, joined([...this.ranges, ...other.ranges]));
    }

    without(other: AddressSet): AddressSet {
        let left = this.ranges;
        for (const cut of other.ranges) {
            left = left.flatMap((range) => [
                ...(range.first < cut.first
                    ? [{ first: range.first, last: lower(range.last, cut.first - 1n) }]
                    : []),
                ...(range.last > cut.last
                    ? [{ first: higher(range.first, cut.last + 1n), last: range.last }]
                    : []),
            ]);
        }
        return new AddressSet(this.family, left);
    }

    /** Addresses that are in both sets. */
    within(other: AddressSet): AddressSet {
        return this.without(this.without(other));
    }
}

function rangeOf(family: Family, cidr: string): Range | undefined {
    const network = parseNetwork(cidr);
    if (network?.family !== family) return undefined;
    const size = 1n << BigInt(WIDTH[family] - network.bits);
    const first = (numberOf(network.address) / size) * size;
    return { first, last: first + size - 1n };
}

function joined(ranges: readonly Range[]): readonly Range[] {
    const result: Range[] = [];
    for (const range of [...ranges].sort((a, b) => (a.first < b.first ? -1 : 1))) {
        const before = result.at(-1);
        if (before === undefined || range.first > before.last + 1n) result.push(range);
        else result[result.length - 1] = { first: before.first, last: higher(before.last, range.last) };
    }
    return result;
}

/** An address as a number: RFC 4291, section 2.2, for IPv6. */
function numberOf(address: string): bigint {
    if (isIPv4(address)) return address.split(".").reduce((sum, part) => sum * 256n + BigInt(part), 0n);
    const [plain = ""] = address.split("%", 1);
    const [before = "", after] = plain.split("::").map((half) => half);
    const groups = (half: string): bigint[] =>
        half
            .split(":")
            .filter(Boolean)
            .flatMap((group) => {
                if (!group.includes(".")) return [BigInt(`0x${group}`)];
                const mapped = numberOf(group);
                return [mapped >> 16n, mapped & 0xffffn];
            });
    const head = groups(before);
    const tail = groups(after ?? "");
    const all = [...head, ...Array<bigint>(8 - head.length - tail.length).fill(0n), ...tail];
    return all.reduce((sum, group) => sum * 65536n + group, 0n);
}

function lower(one: bigint, other: bigint): bigint {
    return one < other ? one : other;
}

function higher(one: bigint, other: bigint): bigint {
    return one > other ? one : other;
}
