import { join } from "node:path";

import { paths } from "../paths";
import { addonChecks } from "./addons";
import { findAnchor } from "./anchor";
import { administrator, type Api, nodeIsReady } from "./api";
import { type ComponentName, componentNames, programOf } from "./components";
import { answers } from "./health";
import { apiServer } from "./configure";
import { type OutsideListener, readOutside } from "./outside";
import { pkiFiles } from "./pki";
import { type NodeProcess, nodeProcesses, startTime } from "./processes";
import { settings } from "./settings";
import { readRecord, stateFiles } from "./state";

/** One part of the node: a daemon, or something that runs in the cluster. */
export interface PartStatus {
    readonly name: string;
    readonly state: "ok" | "not running" | "not answering" | "not ready";
    /** The host's number of its process, for a daemon that runs. */
    readonly pid?: number;
    /** ISO 8601, for a daemon that runs. */
    readonly since?: string;
    /** Where to look when it is not ok. */
    readonly log?: string;
}

/** The state of the whole node. */
export interface NodeStatus {
    /**
     * `absent`: there is no node; `off`: there is one, and nothing of it runs; `up`: all its parts are ok;
     * `degraded`: some are not.
     */
    readonly state: "absent" | "off" | "up" | "degraded";
    readonly parts: readonly PartStatus[];
    /** Path of the kubeconfig, and the node's address, where there is a node. */
    readonly kubeconfig?: string;
    readonly address?: string;
    /** The world outside, as the node plays it, and the path of the certificate of the CA that vouches for it. */
    readonly outside?: { readonly hosts: readonly OutsideListener[]; readonly authority: string };
}

/** Looks at the node and changes nothing. */
export async function nodeStatus(): Promise<NodeStatus> {
    const { state } = paths();
    const record = await readRecord(state);
    if (!record) return { state: "absent", parts: [] };
    const files = stateFiles(state);
    const hosts = await readOutside(files.configuration);
    const outside = { hosts, authority: join(files.pki, pkiFiles.authority("outside")) };
    const known = {
        kubeconfig: files.kubeconfig,
        address: record.subnet.node,
        ...(hosts.length > 0 ? { outside } : {}),
    };
    const anchor = await findAnchor();
    if (anchor?.state !== state) return { state: "off", parts: [], ...known };
    const api = await administrator(files.pki, apiServer(record));
    const processes = await nodeProcesses();
    const daemons = await Promise.all(
        componentNames
            .filter((name) => name !== "outside" || hosts.length > 0)
            .map((name) => daemonStatus(name, { anchor, api, processes, log: files.log })),
    );
    const parts = [...daemons, ...(await clusterStatus(api))];
    return { state: parts.every((part) => part.state === "ok") ? "up" : "degraded", parts, ...known };
}

async function daemonStatus(
    name: ComponentName,
    found: { anchor: NodeProcess; api: Api; processes: readonly NodeProcess[]; log: string },
): Promise<PartStatus> {
    const log = join(found.log, `${name}.log`);
    const process = found.processes.find(
        ({ role, leader, program }) => role === name && leader && program === programOf(name),
    );
    if (!process) return { name, state: "not running", log };
    const since = new Date(await startTime(process)).toISOString();
    const state = (await answers(name, found.anchor, found.api)) ? "ok" : "not answering";
    return { name, state, pid: process.pid, since, log };
}

async function clusterStatus(api: Api): Promise<PartStatus[]> {
    const part = async (name: string, ready: Promise<boolean>): Promise<PartStatus> => ({
        name,
        state: (await ready.catch(() => false)) ? "ok" : "not ready",
    });
    return Promise.all([
        part(settings.nodeName, nodeIsReady(api, settings.nodeName, 0)),
        ...addonChecks.map(({ name, isUsable }) => part(name, isUsable(api))),
    ]);
}
