import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { digestOf } from "../lib/digest";
import type { ProgramName, Toolchain } from "../toolchain";
import {
    apiserverArguments,
    controllerManagerArguments,
    etcdArguments,
    schedulerArguments,
} from "./config/control-plane";
import { type AuthorityName, pkiFiles } from "./pki";
import { type SimulatedListener, simulatedArguments } from "./simulated-external";
import { settings } from "./settings";

/** The node's daemons, in start order. */
export const componentNames = [
    "etcd",
    "containerd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "external-services",
] as const;

/** A daemon of the node. */
export type ComponentName = (typeof componentNames)[number];

/** The name of a daemon's program. */
export function programOf(name: ComponentName): string {
    return name === "external-services" ? "standin" : name;
}

/** The desired state of a daemon. */
export interface Component {
    readonly name: ComponentName;
    /** The program and its arguments. */
    readonly command: readonly string[];
    /** A digest of the command line, the environment, and the content of every file that it reads at start. */
    readonly digest: string;
}

/** A daemon's arguments, and the files that it reads at start, relative to the configuration folder. */
interface Definition {
    readonly program: ProgramName;
    readonly arguments: readonly string[];
    readonly files: readonly string[];
}

const identity = (...names: string[]): string[] => names.map((name) => `pki/${pkiFiles.identity(name)}`);
const authority = (...names: AuthorityName[]): string[] =>
    names.map((name) => `pki/${pkiFiles.authority(name)}`);

/**
 * The definition of each daemon. `address` is the node's address for the host; `simulated` are the listeners of the simulated
 * external services.
 */
export function definitions(
    address: string,
    simulated: readonly SimulatedListener[],
): Readonly<Record<ComponentName, Definition>> {
    const { configuration, nodeName } = settings;
    return {
        etcd: {
            program: "etcd",
            arguments: etcdArguments(),
            files: [...identity("etcd-server", "etcd-peer"), ...authority("etcd")],
        },
        containerd: {
            program: "containerd",
            arguments: [`--config=${configuration}/containerd.toml`],
            files: ["containerd.toml", "cni/10-sparc-mesh.conflist"],
        },
        "kube-apiserver": {
            program: "kube-apiserver",
            arguments: apiserverArguments(address),
            files: [
                ...identity("apiserver", "etcd-client", "apiserver-kubelet-client", "front-proxy-client"),
                ...authority("cluster", "etcd", "kubelet", "front-proxy"),
                `pki/${pkiFiles.serviceAccountKey}`,
            ],
        },
        "kube-controller-manager": {
            program: "kube-controller-manager",
            arguments: controllerManagerArguments(),
            files: [
                "controller-manager.kubeconfig",
                ...identity("controller-manager-server"),
                ...authority("cluster", "front-proxy"),
            ],
        },
        "kube-scheduler": {
            program: "kube-scheduler",
            arguments: schedulerArguments(),
            files: ["scheduler.kubeconfig", ...identity("scheduler-server"), ...authority("front-proxy")],
        },
        kubelet: {
            program: "kubelet",
            arguments: [
                `--config=${configuration}/kubelet.json`,
                `--kubeconfig=${configuration}/kubelet.kubeconfig`,
                `--hostname-override=${nodeName}`,
                `--node-ip=${address}`,
            ],
            files: [
                "kubelet.json",
                "kubelet.kubeconfig",
                ...identity("kubelet-server"),
                ...authority("cluster"),
            ],
        },
        "kube-proxy": {
            program: "kube-proxy",
            arguments: [`--config=${configuration}/kube-proxy.json`],
            files: ["kube-proxy.json", "kube-proxy.kubeconfig"],
        },
        "external-services": {
            program: "standin",
            arguments: simulatedArguments(
                simulated,
                `${configuration}/pki/${pkiFiles.identity("external-services")}`,
            ),
            files: simulated.length > 0 ? identity("external-services") : [],
        },
    };
}

/** The desired state of the node's daemons, with their configuration in `folder`. */
export async function components(
    address: string,
    simulated: readonly SimulatedListener[],
    folder: string,
    toolchain: Toolchain,
    environment: Readonly<Record<string, string>>,
): Promise<Readonly<Record<ComponentName, Component>>> {
    const entries = Object.entries(definitions(address, simulated)).map(
        async ([name, definition]): Promise<[string, Component]> => {
            const command = [toolchain.program(definition.program), ...definition.arguments];
            const files: Record<string, string> = {};
            for (const file of definition.files) files[file] = await readFile(join(folder, file), "utf8");
            const digest = digestOf({ command, files, environment });
            return [name, { name: name as ComponentName, command, digest }];
        },
    );
    return Object.fromEntries(await Promise.all(entries)) as Record<ComponentName, Component>;
}
