import assert from "node:assert/strict";

import { findProblems, type MachineFacts, UnfitMachineError } from "../../local/node/preflight";

const gibibyte = 2 ** 30;

const fit: MachineFacts = {
    platform: "linux",
    root: true,
    missingCommands: [],
    toolchainComplete: false,
    availableMemory: 16 * gibibyte,
    disk: {
        cache: { folder: "/root/.cache", bytes: 100 * gibibyte, device: 1 },
        state: { folder: "/root/.local/state", bytes: 100 * gibibyte, device: 1 },
    },
    controllers: ["cpu", "cpuacct", "cpuset", "memory", "pids"],
    routes: [{ destination: "default", interface: "eth0" }],
    state: "/root/.local/state/sparc-mesh",
};

const problemsOf = (facts: Partial<MachineFacts>): string[] =>
    findProblems({ ...fit, ...facts }).map(({ problem }) => problem);

const withRoom = (bytes: number, other = bytes, devices = [1, 1]): Pick<MachineFacts, "disk"> => ({
    disk: {
        cache: { folder: "/cache", bytes, device: devices[0] ?? 0 },
        state: { folder: "/state", bytes: other, device: devices[1] ?? 0 },
    },
});

describe("the preflight check of the machine", () => {
    it("reports nothing for a suitable machine", () => {
        assert.deepEqual(findProblems(fit), []);
    });

    it("reports only the operating system if it is not Linux", () => {
        assert.deepEqual(findProblems({ ...fit, platform: "darwin", root: false, availableMemory: 0 }), [
            {
                problem: "The embedded node runs on Linux; this machine runs darwin.",
                remedy: "Use an existing cluster: make up CONTEXT=<kubeconfig context>.",
            },
        ]);
    });

    it("reports every problem at once, each with a remedy", () => {
        const problems = findProblems({
            ...fit,
            ...withRoom(gibibyte),
            root: false,
            missingCommands: ["go", "ip"],
            availableMemory: 2 * gibibyte,
            controllers: ["cpu"],
            routes: [
                { destination: "0.0.0.0/1", interface: "tun0" },
                { destination: "128.0.0.0/1", interface: "tun0" },
            ],
        });
        assert.deepEqual(
            problems.map(({ problem }) => problem),
            [
                "Creating namespaces and control groups requires root.",
                "The command go is not on PATH.",
                "The command ip is not on PATH.",
                "Only 2.0 GiB of memory is available; the node and the mesh need 6.0 GiB.",
                "Only 1.0 GiB is free on the file system of /state; 25.0 GiB is needed.",
                "The control group controllers cpuset, memory, pids are not available.",
                "The host has routes to all subnets that the node can use: 10.254.77.0/30, 10.254.78.0/30, " +
                    "172.31.254.0/30, 192.168.254.0/30, 100.127.254.0/30.",
            ],
        );
        const message = new UnfitMachineError(problems).message;
        for (const { problem, remedy } of problems)
            assert.ok(message.includes(`- ${problem}\n    ${remedy}`));
    });

    it("names the package of a missing command", () => {
        const [problem] = findProblems({ ...fit, missingCommands: ["ip"] });
        assert.equal(problem?.remedy, "Install it. On Debian and Ubuntu: apt-get install iproute2.");
    });

    it("requires less disk space once the toolchain is complete", () => {
        assert.deepEqual(problemsOf({ ...withRoom(24 * gibibyte), toolchainComplete: false }).length, 1);
        assert.deepEqual(problemsOf({ ...withRoom(6 * gibibyte), toolchainComplete: true }), []);
        assert.deepEqual(problemsOf({ ...withRoom(4 * gibibyte), toolchainComplete: true }), [
            "Only 4.0 GiB is free on the file system of /state; 5.0 GiB is needed.",
        ]);
    });

    it("checks each of two disks by what it will store", () => {
        assert.deepEqual(problemsOf(withRoom(21 * gibibyte, 6 * gibibyte, [1, 2])), []);
        assert.deepEqual(problemsOf(withRoom(19 * gibibyte, 4 * gibibyte, [1, 2])), [
            "Only 19.0 GiB is free on the file system of /cache; 20.0 GiB is needed.",
            "Only 4.0 GiB is free on the file system of /state; 5.0 GiB is needed.",
        ]);
    });

    it("accepts a running node's subnet, and rejects a second node", () => {
        const usedPorts = [
            { destination: "0.0.0.0/1", interface: "tun0" },
            { destination: "128.0.0.0/1", interface: "tun0" },
        ];
        assert.deepEqual(problemsOf({ routes: usedPorts, runningNode: fit.state }), []);
        const [other] = findProblems({ ...fit, runningNode: "/home/ann/state/sparc-mesh" });
        assert.deepEqual(other, {
            problem: "Another node runs on this machine, from /home/ann/state/sparc-mesh.",
            remedy: "Stop it first: XDG_STATE_HOME=/home/ann/state make down.",
        });
    });
});
