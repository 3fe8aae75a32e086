/**
 * The world outside, as the node plays it: one stand-in that answers for every host at an address of its own. The
 * addresses are in the range reserved for benchmarks (RFC 2544), which is nobody's: neither the pods', nor the services',
 * nor a private network's. Nothing of it leaves the machine.
 */
import { join } from "node:path";

import { readIfPresent, writeAtomically } from "../files";
import { type Identity } from "./pki";
import { settings } from "./settings";

/** A host of the world outside. */
export interface OutsideHost {
    readonly host: string;
    readonly port: number;
    /** `tls` and `https` are answered alike, by HTTP over TLS; `tcp` by a line for a line. */
    readonly protocol: "https" | "tls" | "tcp";
}

/** A host's listener: the address is the host's own, on whichever port. */
export interface OutsideListener extends OutsideHost {
    readonly address: string;
}

/** Addresses that a /16 has for hosts. */
const ROOM = 65_000;

/** Where each host is, by host and port. @throws Error where there are more hosts than addresses. */
export function listeners(hosts: readonly OutsideHost[]): OutsideListener[] {
    const names = [...new Set(hosts.map(({ host }) => host))].sort();
    if (names.length > ROOM) throw new Error(`The node plays at most ${ROOM} hosts outside.`);
    const [first = "", second = ""] = settings.outsideSubnet.split(".");
    const address = new Map(
        names.map((name, index) => [
            name,
            `${first}.${second}.${Math.floor((index + 1) / 256)}.${(index + 1) % 256}`,
        ]),
    );
    return hosts
        .map((host) => ({ ...host, address: address.get(host.host) ?? "" }))
        .sort((a, b) => (a.host < b.host ? -1 : a.host > b.host ? 1 : a.port - b.port));
}

/** The stand-in's arguments; `pair` is the path of its certificate and key. */
export function outsideArguments(all: readonly OutsideListener[], pair: string): string[] {
    const secure = all.some(({ protocol }) => protocol !== "tcp");
    return [
        ...["serve", "--service", "outside", "--version", "v1", "--drain", "0s"],
        ...["--health", String(settings.outsideHealthPort)],
        ...(secure ? ["--tls", pair] : []),
        ...all.flatMap(({ protocol, address, port }, index) => [
            "--port",
            `host-${index}:${protocol === "tcp" ? "tcp" : "https"}:${address}:${port}`,
        ]),
    ];
}

/** One certificate for all hosts. */
export function outsideIdentity(all: readonly OutsideListener[]): Identity {
    const names = [...new Set(all.map(({ host }) => host))].sort();
    return { authority: "outside", commonName: "outside", dnsNames: names, usages: ["server"] };
}

/** Keeps what the node plays, for whoever looks at it later. */
export async function writeOutside(folder: string, all: readonly OutsideListener[]): Promise<void> {
    await writeAtomically(join(folder, FILE), `${JSON.stringify(all, undefined, 2)}\n`);
}

/** What the node plays; nothing where it never did. */
export async function readOutside(folder: string): Promise<OutsideListener[]> {
    return JSON.parse((await readIfPresent(join(folder, FILE))) ?? "[]") as OutsideListener[];
}

const FILE = "outside.json";
