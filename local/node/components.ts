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
import { type OutsideListener, outsideArguments } from "./outside";
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
    "outside",
] as const;

/** A daemon of the node's. */
export type ComponentName = (typeof componentNames)[number];

/** The name of a daemon's program, where it is another than its own. */
export function programOf(name: ComponentName): string {
    return name === "outside" ? "standin" : name;
}

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

/**
 * What each daemon is started with. `address` is the node's, as the host sees it; `outside` is what the node plays of the
 * world outside.
 */
export function definitions(
    address: string,
    outside: readonly OutsideListener[],
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
        outside: {
            program: "standin",
            arguments: outsideArguments(outside, `${configuration}/pki/${pkiFiles.identity("outside")}`),
            files: outside.length > 0 ? identity("outside") : [],
        },
    };
}

/** The node's daemons as they should run, once their configuration lies in `folder`. */
export async function components(
    address: string,
    outside: readonly OutsideListener[],
    folder: string,
    toolchain: Toolchain,
    environment: Readonly<Record<string, string>>,
): Promise<Readonly<Record<ComponentName, Component>>> {
    const entries = Object.entries(definitions(address, outside)).map(
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
