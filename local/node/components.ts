import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { digestOf } from "../digest";
import type { ProgramName, Toolchain } from "../toolchain";
import {
    apiserverArguments,
    controllerManagerArguments,
    etcdArguments,
    schedulerArguments,
} from "./config/control-plane";
import { type AuthorityName, pkiFiles } from "./pki";
import { settings } from "./settings";

/** The node's daemons, in the order in which they are started. */
export const componentNames = [
    "etcd",
    "containerd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
] as const;

/** A daemon of the node's. */
export type ComponentName = (typeof componentNames)[number];

/** A daemon as it should run. */
export interface Component {
    readonly name: ComponentName;
    /** The program and its arguments. */
    readonly command: readonly string[];
    /** Stands for the command line, the environment, and the content of every file it reads at start. */
    readonly digest: string;
}

/** A daemon's arguments and the files, relative to the configuration folder, that it reads at start. */
interface Definition {
    readonly program: ProgramName;
    readonly arguments: readonly string[];
    readonly files: readonly string[];
}

const identity = (...names: string[]): string[] => names.map((name) => `pki/${pkiFiles.identity(name)}`);
const authority = (...names: AuthorityName[]): string[] =>
    names.map((name) => `pki/${pkiFiles.authority(name)}`);

/** What each daemon is started with. `address` is the node's, as the host sees it. */
export function definitions(address: string): Readonly<Record<ComponentName, Definition>> {
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
    };
}

/** The node's daemons as they should run, once their configuration lies in `folder`. */
export async function components(
    address: string,
    folder: string,
    toolchain: Toolchain,
    environment: Readonly<Record<string, string>>,
): Promise<Readonly<Record<ComponentName, Component>>> {
    const entries = Object.entries(definitions(address)).map(
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
