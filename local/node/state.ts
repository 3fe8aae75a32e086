import { mkdir, statfs } from "node:fs/promises";
import { join } from "node:path";

import { readIfPresent, writeAtomically } from "../files";
import type { Subnet } from "./network";

/** What must stay the same from one start of a node to the next. */
export interface NodeRecord {
    readonly subnet: Subnet;
    readonly snapshotter: "overlayfs" | "native";
}

/** The files and folders of a node's state folder that others than the node itself use. */
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

/** The record of the node in the state folder, or undefined where there is none. */
export async function readRecord(state: string): Promise<NodeRecord | undefined> {
    const text = await readIfPresent(stateFiles(state).record);
    return text === undefined ? undefined : (JSON.parse(text) as NodeRecord);
}

/** The node's record, made on its first start and kept from then on. */
export async function ensureRecord(state: string, subnet: () => Promise<Subnet>): Promise<NodeRecord> {
    await mkdir(state, { recursive: true, mode: 0o700 });
    const existing = await readRecord(state);
    if (existing) return existing;
    const record: NodeRecord = { subnet: await subnet(), snapshotter: await snapshotterFor(state) };
    await writeAtomically(stateFiles(state).record, `${JSON.stringify(record, undefined, 2)}\n`);
    return record;
}

/** overlayfs cannot lie on itself, which is what a container's own root often is. */
async function snapshotterFor(folder: string): Promise<NodeRecord["snapshotter"]> {
    const overlayMagic = 0x794c7630;
    return (await statfs(folder)).type === overlayMagic ? "native" : "overlayfs";
}
