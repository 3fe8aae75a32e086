import { mkdir, statfs } from "node:fs/promises";
import { join } from "node:path";

import { readIfPresent, writeAtomically } from "../lib/files";
import type { Subnet } from "./network";

/** Settings that stay the same across starts of a node. */
export interface NodeRecord {
    readonly subnet: Subnet;
    readonly snapshotter: "overlayfs" | "native";
}

/** Files and folders in a node's state folder that programs on the host use. */
export function stateFiles(state: string): {
    readonly record: string;
    readonly kubeconfig: string;
    readonly edgeAuthority: string;
    readonly configuration: string;
    readonly pki: string;
    readonly edge: string;
    readonly log: string;
    readonly scratch: string;
} {
    return {
        record: join(state, "state.json"),
        kubeconfig: join(state, "kubeconfig"),
        edgeAuthority: join(state, "edge", "ca-edge.crt"),
        configuration: join(state, "configuration"),
        pki: join(state, "configuration", "pki"),
        edge: join(state, "edge"),
        log: join(state, "log"),
        scratch: join(state, "scratch"),
    };
}

/** The node's record; undefined if there is none. */
export async function readRecord(state: string): Promise<NodeRecord | undefined> {
    const text = await readIfPresent(stateFiles(state).record);
    return text === undefined ? undefined : (JSON.parse(text) as NodeRecord);
}

/** The node's record, created on the first start. */
export async function ensureRecord(state: string, subnet: () => Promise<Subnet>): Promise<NodeRecord> {
    await mkdir(state, { recursive: true, mode: 0o700 });
    const existing = await readRecord(state);
    if (existing) return existing;
    const record: NodeRecord = { subnet: await subnet(), snapshotter: await snapshotterFor(state) };
    await writeAtomically(stateFiles(state).record, `${JSON.stringify(record, undefined, 2)}\n`);
    return record;
}

/** overlayfs does not support overlayfs as its upper layer, which a container's root file system often is. */
async function snapshotterFor(folder: string): Promise<NodeRecord["snapshotter"]> {
    const overlayMagic = 0x794c7630;
    return (await statfs(folder)).type === overlayMagic ? "native" : "overlayfs";
}
