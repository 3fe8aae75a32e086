import { chmod, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { writeAtomically } from "../lib/files";
import type { ImageReferences } from "../images";
import type { Toolchain } from "../toolchain";
import { cniConfig, containerdConfig } from "./config/containerd";
import { kubeletConfig, kubeProxyConfig, resolvConf } from "./config/kubelet";
import { linkIptables, packetFilter } from "./environment";
import { kubeconfig } from "./kubeconfig";
import { type SimulatedListener, simulatedIdentity, writeListeners } from "./simulated-external";
import { ensureAuthority, ensureIdentity, ensurePki, identities, pkiFiles } from "./pki";
import { settings } from "./settings";
import { type NodeRecord, stateFiles } from "./state";

/** The clients of the API server with a kubeconfig: the file's name, and the identity in it. */
const clients = {
    "controller-manager": "controller-manager",
    scheduler: "scheduler",
    kubelet: "kubelet-client",
    "kube-proxy": "kube-proxy",
} as const;

/** The URL of a node's API server, for host and node. */
export function apiServer(record: NodeRecord): string {
    return `https://${record.subnet.node}:${settings.apiPort}`;
}

/**
 * Writes the node's keys, certificates and configuration files that are missing or out of date. Idempotent.
 */
export async function configure(
    state: string,
    record: NodeRecord,
    toolchain: Toolchain,
    images: ImageReferences,
    simulated: readonly SimulatedListener[],
): Promise<void> {
    const files = stateFiles(state);
    await mkdir(files.configuration, { recursive: true, mode: 0o700 });
    await chmod(state, 0o700);
    const identitiesByName = identities(record.subnet.node);
    await ensurePki(files.pki, identitiesByName);
    await ensureAuthority(files.pki, "external-services");
    if (simulated.length > 0)
        await ensureIdentity(files.pki, "external-services", simulatedIdentity(simulated));
    await writeListeners(files.configuration, simulated);
    const authority = await readFile(join(files.pki, pkiFiles.authority("cluster")), "utf8");
    const clientConfig = async (identity: string): Promise<string> => {
        const spec = identitiesByName[identity];
        if (!spec) throw new Error(`The node has no identity "${identity}".`);
        return kubeconfig(
            apiServer(record),
            authority,
            spec.commonName,
            await ensureIdentity(files.pki, identity, spec),
        );
    };
    await writeAtomically(files.kubeconfig, await clientConfig("admin"));
    const contents: Record<string, string> = {
        "containerd.toml": containerdConfig({
            pauseImage: images.pause,
            cniPlugins: join(toolchain.debianRoot, "usr/lib/cni"),
            snapshotter: record.snapshotter,
        }),
        "cni/10-sparc-mesh.conflist": cniConfig(),
        "kubelet.json": kubeletConfig(),
        "kube-proxy.json": kubeProxyConfig(),
        "resolv.conf": resolvConf(),
    };
    for (const [name, identity] of Object.entries(clients))
        contents[`${name}.kubeconfig`] = await clientConfig(identity);
    for (const [name, content] of Object.entries(contents))
        await writeAtomically(
            join(files.configuration, name),
            content,
            name === "resolv.conf" ? 0o644 : 0o600,
        );
    await linkIptables(join(files.configuration, "bin"), toolchain, await packetFilter(toolchain));
}
