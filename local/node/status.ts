import { join } from "node:path";

import { paths } from "../lib/paths";
import { addonChecks } from "./addons";
import { findAnchor } from "./anchor";
import { administrator, type Api, nodeIsReady } from "./api";
import { type ComponentName, componentNames, programOf } from "./components";
import { isResponding } from "./health";
import { apiServer } from "./configure";
import { type SimulatedListener, readListeners } from "./simulated-external";
import { pkiFiles } from "./pki";
import { type NodeProcess, nodeProcesses, startTime } from "./processes";
import { settings } from "./settings";
import { readRecord, stateFiles } from "./state";

/** One part of the node: a daemon, or an object in the cluster. */
export interface PartStatus {
    readonly name: string;
    readonly state: "ok" | "not running" | "not answering" | "not ready";
    /** PID on the host, for a running daemon. */
    readonly pid?: number;
    /** Start time (ISO 8601), for a running daemon. */
    readonly since?: string;
    /** The path of its log. */
    readonly log?: string;
}

/** The status of the whole node. */
export interface NodeStatus {
    /**
     * `absent`: no node exists; `off`: it does not run; `up`: all parts are ok; `degraded`: some parts are not.
     */
    readonly state: "absent" | "off" | "up" | "degraded";
    readonly parts: readonly PartStatus[];
    /** The kubeconfig's path and the node's address, if there is a node. */
    readonly kubeconfig?: string;
    readonly address?: string;
    /** The simulated external services, and the path of their CA's certificate. */
    readonly simulatedExternal?: { readonly hosts: readonly SimulatedListener[]; readonly authority: string };
}

/** Inspects the node; changes nothing. */
export async function nodeStatus(): Promise<NodeStatus> {
    const { state } = paths();
    const record = await readRecord(state);
    if (!record) return { state: "absent", parts: [] };
    const files = stateFiles(state);
    const hosts = await readListeners(files.configuration);
    const simulatedExternal = { hosts, authority: join(files.pki, pkiFiles.authority("external-services")) };
    const known = {
        kubeconfig: files.kubeconfig,
        address: record.subnet.node,
        ...(hosts.length > 0 ? { simulatedExternal } : {}),
    };
    const anchor = await findAnchor();
    if (anchor?.state !== state) return { state: "off", parts: [], ...known };
    const api = await administrator(files.pki, apiServer(record));
    const processes = await nodeProcesses();
    const daemons = await Promise.all(
        componentNames
            .filter((name) => name !== "external-services" || hosts.length > 0)
            .map((name) => daemonStatus(name, { anchor, api, processes, log: files.log })),
    );
    const parts = [...daemons, ...(await clusterStatus(api))];
    return { state: parts.every((part) => part.state === "ok") ? "up" : "degraded", parts, ...known };
}

async function daemonStatus(
    name: ComponentName,
    context: { anchor: NodeProcess; api: Api; processes: readonly NodeProcess[]; log: string },
): Promise<PartStatus> {
    const log = join(context.log, `${name}.log`);
    const process = context.processes.find(
        ({ role, leader, program }) => role === name && leader && program === programOf(name),
    );
    if (!process) return { name, state: "not running", log };
    const since = new Date(await startTime(process)).toISOString();
    const state = (await isResponding(name, context.anchor, context.api)) ? "ok" : "not answering";
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
