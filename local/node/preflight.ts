import { freeSubnet, type Route, subnets } from "./network";
import { stopOtherNode } from "./other-node";

/** Facts about the machine, collected before anything is started. */
export interface MachineFacts {
    /** Node.js' name of the platform: `linux`, `darwin`, … */
    readonly platform: string;
    readonly root: boolean;
    /** Required commands that are not on PATH. */
    readonly missingCommands: readonly string[];
    /** Whether all programs have been built. */
    readonly toolchainComplete: boolean;
    /** Available memory in bytes. */
    readonly availableMemory: number;
    /** Free disk space for the toolchain and for the node. */
    readonly disk: { readonly cache: Free; readonly state: Free };
    /** Names of the available control group controllers. */
    readonly controllers: readonly string[];
    readonly routes: readonly Route[];
    /** State folder of a running node. */
    readonly runningNode?: string;
    /** The state folder that this node would use. */
    readonly state: string;
}

/** Free space on a file system. Two folders on one file system share it. */
export interface Free {
    readonly folder: string;
    readonly bytes: number;
    /** Number of the file system's device. */
    readonly device: number;
}

/** A problem that prevents the node from starting, and its remedy. */
export interface MachineProblem {
    readonly problem: string;
    readonly remedy: string;
}

const gibibyte = 2 ** 30;

/** The node's requirements. Sizes in bytes. */
export const needs = {
    memory: 6 * gibibyte,
    /** The toolchain and, for the most part, the Go caches of its build. */
    toolchainDisk: 20 * gibibyte,
    stateDisk: 5 * gibibyte,
    controllers: ["cpu", "cpuset", "memory", "pids"],
    /** Commands that the node needs. */
    commands: ["cp", "ip", "mount", "nsenter", "pivot_root", "setsid", "umount", "unshare"],
    /** Commands that building the toolchain needs. */
    buildCommands: ["apt-get", "dpkg", "go", "ldd", "python3"],
} as const;

/** The package of each command, on Debian and its derivatives. */
const packages: Readonly<Record<string, string>> = {
    cp: "coreutils",
    ip: "iproute2",
    ldd: "libc-bin",
    python3: "python3 and python3-pip",
    "apt-get": "apt",
    dpkg: "dpkg",
};

/** All problems that prevent the node from starting on this machine. */
export function findProblems(facts: MachineFacts): MachineProblem[] {
    if (facts.platform !== "linux")
        return [
            {
                problem: `The embedded node runs on Linux; this machine runs ${facts.platform}.`,
                remedy: "Use an existing cluster: make up CONTEXT=<kubeconfig context>.",
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

/** The machine cannot run the node. The message lists every problem with its remedy. */
export class UnfitMachineError extends Error {
    constructor(readonly problems: readonly MachineProblem[]) {
        const lines = problems.map(({ problem, remedy }) => `  - ${problem}\n    ${remedy}`);
        super(`The embedded node cannot start on this machine:\n${lines.join("\n")}`);
        this.name = "UnfitMachineError";
    }
}

function rootProblems({ root }: MachineFacts): MachineProblem[] {
    if (root) return [];
    return [
        {
            problem: "Creating namespaces and control groups requires root.",
            remedy: "Run the command as root, for example with sudo -E.",
        },
    ];
}

function commandProblems({ missingCommands }: MachineFacts): MachineProblem[] {
    return missingCommands.map((command) => ({
        problem: `The command ${command} is not on PATH.`,
        remedy:
            command === "go"
                ? "Install Go 1.26 or newer."
                : `Install it. On Debian and Ubuntu: apt-get install ${packages[command] ?? "util-linux"}.`,
    }));
}

function memoryProblems({ availableMemory }: MachineFacts): MachineProblem[] {
    if (availableMemory >= needs.memory) return [];
    return [
        {
            problem: `Only ${size(availableMemory)} of memory is available; the node and the mesh need ${size(needs.memory)}.`,
            remedy: "Stop other programs, or use a machine with more memory.",
        },
    ];
}

function diskProblems({ disk, toolchainComplete }: MachineFacts): MachineProblem[] {
    const cache = toolchainComplete ? 0 : needs.toolchainDisk;
    const shared = disk.cache.device === disk.state.device;
    const requirements = shared
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
    return requirements
        .filter(({ free, bytes }) => free.bytes < bytes)
        .map(({ free, bytes, variables }) => ({
            problem: `Only ${size(free.bytes)} is free on the file system of ${free.folder}; ${size(bytes)} is needed.`,
            remedy: `Free some space, or choose another disk with ${variables}.`,
        }));
}

function controllerProblems({ controllers }: MachineFacts): MachineProblem[] {
    const missing = needs.controllers.filter((name) => !controllers.includes(name));
    if (missing.length === 0) return [];
    return [
        {
            problem: `The control group controllers ${missing.join(", ")} are not available.`,
            remedy: "Mount them below /sys/fs/cgroup. In a container, run it privileged and in the host's cgroup namespace.",
        },
    ];
}

function networkProblems({ routes, runningNode }: MachineFacts): MachineProblem[] {
    if (runningNode !== undefined || freeSubnet(routes)) return [];
    return [
        {
            problem: `The host has routes to all subnets that the node can use: ${subnets.map(({ cidr }) => cidr).join(", ")}.`,
            remedy: 'Remove the route to one of them; "ip route" shows them.',
        },
    ];
}

function otherNodeProblems({ runningNode, state }: MachineFacts): MachineProblem[] {
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
