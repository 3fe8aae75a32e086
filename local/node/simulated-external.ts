/**
 * Simulated external services: one stand-in serves every external host, each at a separate address. The addresses are in
 * the range reserved for benchmarks (RFC 2544), which pods, Services and private networks do not use. No traffic leaves the
 * machine.
 */
import { join } from "node:path";

import { readIfPresent, writeAtomically } from "../lib/files";
import { type Identity } from "./pki";
import { settings } from "./settings";

/** An external host to simulate. */
export interface SimulatedHost {
    readonly host: string;
    readonly port: number;
    /** `tls` and `https`: HTTP over TLS; `tcp`: one response line for each line. */
    readonly protocol: "https" | "tls" | "tcp";
}

/** The listener of a host; each host has one address for all its ports. */
export interface SimulatedListener extends SimulatedHost {
    readonly address: string;
}

/** The number of usable addresses in the /16. */
const MAX_HOSTS = 65_000;

/** The listeners, sorted by host and port. @throws Error if there are more hosts than addresses. */
export function listeners(hosts: readonly SimulatedHost[]): SimulatedListener[] {
    const names = [...new Set(hosts.map(({ host }) => host))].sort();
    if (names.length > MAX_HOSTS)
        throw new Error(
            `There are ${names.length} external hosts; the node can simulate at most ${MAX_HOSTS}.`,
        );
    const [first = "", second = ""] = settings.simulatedSubnet.split(".");
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

/** The stand-in's command line; `pair` is the path of its certificate and key. */
export function simulatedArguments(all: readonly SimulatedListener[], pair: string): string[] {
    const secure = all.some(({ protocol }) => protocol !== "tcp");
    return [
        ...["serve", "--service", "external-services", "--version", "v1", "--drain", "0s"],
        ...["--health", String(settings.simulatedHealthPort)],
        ...(secure ? ["--tls", pair] : []),
        ...all.flatMap(({ protocol, address, port }, index) => [
            "--port",
            `host-${index}:${protocol === "tcp" ? "tcp" : "https"}:${address}:${port}`,
        ]),
    ];
}

/** One certificate for all hosts. */
export function simulatedIdentity(all: readonly SimulatedListener[]): Identity {
    const names = [...new Set(all.map(({ host }) => host))].sort();
    return {
        authority: "external-services",
        commonName: "external-services",
        dnsNames: names,
        usages: ["server"],
    };
}

/** Saves the listeners, for `readListeners`. */
export async function writeListeners(folder: string, all: readonly SimulatedListener[]): Promise<void> {
    await writeAtomically(join(folder, FILE), `${JSON.stringify(all, undefined, 2)}\n`);
}

/** The saved listeners; empty if there are none. */
export async function readListeners(folder: string): Promise<SimulatedListener[]> {
    return JSON.parse((await readIfPresent(join(folder, FILE))) ?? "[]") as SimulatedListener[];
}

const FILE = "external-services.json";
