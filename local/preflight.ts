import { freeSubnet, type Route, subnets } from "./node/network";
import { stopOtherNode } from "./node/other-node";

/** What is known of the machine before anything is started. */
export interface MachineFacts {
    /** As Node names it: `linux`, `darwin`, … */
    readonly platform: string;
    readonly root: boolean;
    /** Those of the commands asked for that are not on PATH. */
    readonly missingCommands: readonly string[];
    /** Whether the programs have been built already. */
    readonly toolchainComplete: boolean;
    /** Bytes of memory that programs can still have. */
    readonly availableMemory: number;
    /** Bytes free for the toolchain and for the node, with the folders they are free in. */
    readonly disk: { readonly cache: Free; readonly state: Free };
    /** Names of the control group controllers that can be used. */
    readonly controllers: readonly string[];
    readonly routes: readonly Route[];
    /** State folder of a node that runs already. */
    readonly runningNode?: string;
    /** The state folder that this node would have. */
    readonly state: string;
}

/** Room on a file system. Two folders on one file system share the room. */
export interface Free {
    readonly folder: string;
    readonly bytes: number;
    /** Number of the file system's device. */
    readonly device: number;
}

/** Something that would keep the node from starting, and what to do about it. */
export interface Problem {
    readonly problem: string;
    readonly remedy: string;
}

const gibibyte = 2 ** 30;

/** What the node needs. Bytes, except where a unit is named. */
export const needs = {
    memory: 6 * gibibyte,
    /** The toolchain with the Go caches of its build; mostly those. */
    toolchainDisk: 20 * gibibyte,
    stateDisk: 5 * gibibyte,
    controllers: ["cpu", "cpuset", "memory", "pids"],
    /** To run the node. */
    commands: ["cp", "ip", "mount", "nsenter", "pivot_root", "setsid", "umount", "unshare"],
    /** To make the toolchain. */
    buildCommands: ["apt-get", "dpkg", "go", "ldd", "python3"],
} as const;

/** Which package has a command, on Debian and its kin. */
const packages: Readonly<Record<string, string>> = {
    cp: "coreutils",
    ip: "iproute2",
    ldd: "libc-bin",
    python3: "python3 and python3-pip",
    "apt-get": "apt",
    dpkg: "dpkg",
};

/** Everything that stands in the way of starting the node on such a machine, all at once. */
export function findProblems(facts: MachineFacts): Problem[] {
    if (facts.platform !== "linux")
        return [
            {
                problem: `The embedded node runs on Linux; this machine runs ${facts.platform}.`,
                remedy: "Use a cluster that is at hand: make up CONTEXT=<kubeconfig context>.",
            },
        ];
    return [
        ...rootProblems(facts),
        ...commandProblems(facts),
        ...memoryProblems(facts),
        ...diskProblems(facts),
        ...controllerProblems(facts),
        ...networkProblems(facts),
        ...otherNodeProblems(facts),
    ];
}

/** Thrown when the machine cannot run the node; the message lists every problem with its remedy. */
export class UnfitMachineError extends Error {
    constructor(readonly problems: readonly Problem[]) {
        const lines = problems.map(({ problem, remedy }) => `  - ${problem}\n    ${remedy}`);
        super(`The node cannot start on this machine:\n${lines.join("\n")}`);
        this.name = "UnfitMachineError";
    }
}

function rootProblems({ root }: MachineFacts): Problem[] {
    if (root) return [];
    return [
        {
            problem: "Namespaces and control groups need root.",
            remedy: "Run it as root, for example with sudo -E.",
        },
    ];
}

function commandProblems({ missingCommands }: MachineFacts): Problem[] {
    return missingCommands.map((command) => ({
        problem: `The command ${command} is not on PATH.`,
        remedy:
            command === "go"
                ? "Install Go 1.26 or newer."
                : `Install it, on Debian and Ubuntu with: apt-get install ${packages[command] ?? "util-linux"}.`,
    }));
}

function memoryProblems({ availableMemory }: MachineFacts): Problem[] {
    if (availableMemory >= needs.memory) return [];
    return [
        {
            problem: `Only ${size(availableMemory)} of memory are available; the node with the mesh needs ${size(needs.memory)}.`,
            remedy: "Stop other programs, or use a machine with more memory.",
        },
    ];
}

function diskProblems({ disk, toolchainComplete }: MachineFacts): Problem[] {
    const cache = toolchainComplete ? 0 : needs.toolchainDisk;
    const shared = disk.cache.device === disk.state.device;
    const wanted = shared
        ? [
              {
                  free: disk.state,
                  bytes: cache + needs.stateDisk,
                  variables: "XDG_CACHE_HOME and XDG_STATE_HOME",
              },
          ]
        : [
              { free: disk.cache, bytes: cache, variables: "XDG_CACHE_HOME" },
              { free: disk.state, bytes: needs.stateDisk, variables: "XDG_STATE_HOME" },
          ];
    return wanted
        .filter(({ free, bytes }) => free.bytes < bytes)
        .map(({ free, bytes, variables }) => ({
            problem: `Only ${size(free.bytes)} are free where ${free.folder} lies; ${size(bytes)} are needed.`,
            remedy: `Make room there, or choose another disk with ${variables}.`,
        }));
}

function controllerProblems({ controllers }: MachineFacts): Problem[] {
    const missing = needs.controllers.filter((name) => !controllers.includes(name));
    if (missing.length === 0) return [];
    return [
        {
            problem: `The control group controllers ${missing.join(", ")} cannot be used here.`,
            remedy: "Mount them below /sys/fs/cgroup; in a container, run it privileged and with the host's control groups.",
        },
    ];
}

function networkProblems({ routes, runningNode }: MachineFacts): Problem[] {
    if (runningNode !== undefined || freeSubnet(routes)) return [];
    return [
        {
            problem: `The host has routes to every subnet that the node could use: ${subnets.map(({ cidr }) => cidr).join(", ")}.`,
            remedy: 'Remove the route to one of them; "ip route" shows them.',
        },
    ];
}

function otherNodeProblems({ runningNode, state }: MachineFacts): Problem[] {
    if (runningNode === undefined || runningNode === state) return [];
    return [
        {
            problem: `Another node runs on this machine, from ${runningNode}.`,
            remedy: stopOtherNode(runningNode),
        },
    ];
}

function size(bytes: number): string {
    return `${(bytes / gibibyte).toFixed(1)} GiB`;
}
