import { readFile } from "node:fs/promises";
import { connect } from "node:net";

import { ifPresent } from "../lib/files";
import type { Api } from "./api";
import type { ComponentName } from "./components";
import type { NodeProcess } from "./processes";
import { settings } from "./settings";

/** The health port of each daemon that has one. */
const ports: Readonly<Partial<Record<ComponentName, number>>> = {
    etcd: settings.etcdPort,
    "kube-controller-manager": 10257,
    "kube-scheduler": 10259,
    kubelet: settings.kubeletPort,
    "kube-proxy": 10256,
    "external-services": settings.simulatedHealthPort,
};

/** Whether a daemon responds or, if only the node can reach it, at least listens. */
export async function isResponding(
    component: ComponentName,
    anchor: NodeProcess,
    api: Api,
): Promise<boolean> {
    if (component === "containerd")
        return acceptsConnections(`/proc/${anchor.pid}/root${settings.containerdSocket}`);
    if (component === "kube-apiserver")
        return api.get("/readyz").then(
            () => true,
            () => false,
        );
    return listensOn(anchor, ports[component] ?? 0);
}

/** Whether any process in the node's network namespace listens on a TCP port. */
async function listensOn(anchor: NodeProcess, port: number): Promise<boolean> {
    const tables = await Promise.all(
        ["tcp", "tcp6"].map((table) => ifPresent(readFile(`/proc/${anchor.pid}/net/${table}`, "utf8"))),
    );
    return listeningPorts(tables.join("\n")).has(port);
}

/** The listening ports in the text of /proc/net/tcp. */
export function listeningPorts(table: string): Set<number> {
    const listening = "0A";
    const lines = table.split("\n").map((line) => line.trim().split(/\s+/));
    const sockets = lines.filter(([, , , status]) => status === listening);
    return new Set(sockets.map(([, local = ""]) => Number.parseInt(local.split(":")[1] ?? "", 16)));
}

function acceptsConnections(socket: string): Promise<boolean> {
    return new Promise((resolve) => {
        const connection = connect(socket);
        connection.on("connect", () => {
            connection.destroy();
            resolve(true);
        });
        connection.on("error", () => {
            resolve(false);
        });
    });
}
