import { mkdir, readlink, rename, symlink } from "node:fs/promises";
import { join } from "node:path";

import { ifPresent } from "../lib/files";
import { CommandError, run } from "../lib/process";
import type { Toolchain } from "../toolchain";
import { libraryFolder } from "../toolchain/libraries";
import { settings } from "./settings";

/** The kernel's iptables backend. */
export type PacketFilter = "nft" | "legacy";

const iptablesNames = ["iptables", "iptables-save", "iptables-restore"].flatMap((name) => [
    name,
    name.replace("iptables", "ip6tables"),
]);

/** The environment variables of the node's processes. */
export async function nodeEnvironment(toolchain: Toolchain): Promise<Record<string, string>> {
    const libraries = await libraryFolder(toolchain);
    const debian = (folder: string): string => join(toolchain.debianRoot, folder);
    const programs = [
        `${settings.configuration}/bin`,
        debian("usr/bin"),
        debian("usr/sbin"),
        "/usr/sbin",
        "/usr/bin",
    ];
    return {
        PATH: [...programs, "/sbin", "/bin"].join(":"),
        LD_LIBRARY_PATH: libraries,
        XTABLES_LIBDIR: join(libraries, "xtables"),
        HOME: "/root",
    };
}

/**
 * Detects the kernel's iptables backend, in a temporary network namespace.
 *
 * @throws Error if it supports neither
 */
export async function packetFilter(toolchain: Toolchain): Promise<PacketFilter> {
    const env = await nodeEnvironment(toolchain);
    const reasons: string[] = [];
    for (const variant of ["nft", "legacy"] as const) {
        const program = toolchain.program(`xtables-${variant}-multi`);
        const rule = [
            "-t",
            "nat",
            "-A",
            "POSTROUTING",
            "-m",
            "comment",
            "--comment",
            "probe",
            "-j",
            "MASQUERADE",
        ];
        try {
            await run("unshare", ["--net", program, "iptables", ...rule], { env });
            return variant;
        } catch (error) {
            reasons.push(error instanceof CommandError ? error.stderr : String(error));
        }
    }
    throw new Error(
        `This kernel does not accept iptables rules, which Services need:\n  ${reasons.join("\n  ")}\n` +
            "Load its modules (modprobe nft_compat, or ip_tables and iptable_nat), or use a kernel that has them.",
    );
}

/** Links `iptables` and related commands, for the kernel's backend, into a folder. */
export async function linkIptables(
    folder: string,
    toolchain: Toolchain,
    variant: PacketFilter,
): Promise<void> {
    await mkdir(folder, { recursive: true });
    const target = toolchain.program(`xtables-${variant}-multi`);
    for (const name of iptablesNames) {
        const link = join(folder, name);
        if ((await ifPresent(readlink(link))) === target) continue;
        const temporary = `${link}.${process.pid}.tmp`;
        await symlink(target, temporary);
        await rename(temporary, link);
    }
}
